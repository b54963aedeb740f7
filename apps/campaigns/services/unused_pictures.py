"""Pictures in the store that no row names: of deleted campaigns, of forms that were refused or never sent.

All pictures lie in the default store; the private one keeps imports, which have an upkeep of their own.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from django.core.files.storage import default_storage
from django.db import connection

from apps.campaigns.models import LandingPicture
from apps.campaigns.services.landing.pictures import FOLDER as LANDING
from apps.campaigns.services.photos import FOLDER as PHOTOS
from apps.campaigns.services.photos import WIDTHS

#: Longer than any form is filled in, and than any store's and any database's clock differ.
SPARED = timedelta(days=1)
_FOLDERS = (LANDING, PHOTOS, *(f"{PHOTOS}/{width}" for width in WIDTHS))
#: Wherever in what an entry or a contribution says a mechanic keeps them.
_NAMED = """
SELECT found[1]
FROM (SELECT data FROM campaigns_entry UNION ALL SELECT data FROM campaigns_contribution) said
CROSS JOIN LATERAL regexp_matches(said.data::text, %(pattern)s, 'g') found
WHERE said.data::text LIKE %(folder)s"""


def prune_pictures(*, now: datetime) -> int:
    """Delete pictures of landing pages and of members' forms that are older than ``SPARED`` and that no row names,
    with their smaller copies; returns how many files went. Files of other folders are never touched."""
    old = [name for folder in _FOLDERS for name in _files(folder) if _is_old(name, now)]
    if not old:
        return 0
    pages, photos = _named_by_pages(), _named_by_members()
    unused = [
        name
        for name in old
        if (name not in pages if name.startswith(f"{LANDING}/") else PurePosixPath(name).name not in photos)
    ]
    for name in unused:
        default_storage.delete(name)
    return len(unused)


def _files(folder: str) -> Iterator[str]:
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in names)


def _is_old(name: str, now: datetime) -> bool:
    try:
        return default_storage.get_modified_time(name) < now - SPARED
    except FileNotFoundError:  # somebody else has just thrown it away
        return False


def _named_by_pages() -> set[str]:
    sizes = LandingPicture.objects.values_list("sizes", flat=True)
    return {str(size["name"]) for row in sizes.iterator() for size in row}


def _named_by_members() -> set[str]:
    """File names without their folder: copies bear the same."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, {"pattern": rf"{PHOTOS}/([A-Za-z0-9_.-]+)", "folder": f"%{PHOTOS}/%"})
        return {name for (name,) in cursor.fetchall()}
