"""Keeping what has been drawn, up to a size."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.h5.services.posters.content import Content
from apps.h5.services.posters.drawing import draw

FOLDER = "posters"
#: A poster bears its owner's name: it does not stay long after them, nor after their link.
MOST_AGE = timedelta(days=7)


def poster_of(content: Content, *, may_draw: Callable[[], bool] = lambda: True) -> bytes | None:
    """The poster's PNG, drawn at its first asking; ``None`` when it would have to be drawn and ``may_draw`` says no."""
    name = f"{FOLDER}/{content.digest}.png"
    try:
        with default_storage.open(name) as file:
            return bytes(file.read())
    except FileNotFoundError:
        pass
    if not may_draw():
        return None
    picture = draw(content)
    stored = default_storage.save(name, ContentFile(picture))
    if stored != name:  # somebody drew the same meanwhile
        default_storage.delete(stored)
    return picture


def prune_posters(*, now: datetime, most_bytes: int | None = None) -> int:
    """Throw away posters older than ``MOST_AGE``, and the oldest ones until at most ``most_bytes``
    (``POSTER_CACHE_BYTES``) are left; returns how many went. What is asked for again is drawn again."""
    most = settings.POSTER_CACHE_BYTES if most_bytes is None else most_bytes
    try:
        names = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    except FileNotFoundError:
        return 0
    sizes = {name: default_storage.size(name) for name in names}
    drawn_at = {name: default_storage.get_modified_time(name) for name in names}
    total, gone = sum(sizes.values()), 0
    for name in sorted(names, key=drawn_at.__getitem__):
        if total <= most and drawn_at[name] >= now - MOST_AGE:
            break
        default_storage.delete(name)
        total -= sizes[name]
        gone += 1
    return gone
