"""Pictures that no row names go after a day; what any row names stays, wherever it names it."""

import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from apps.campaigns.models import Contribution, Entry, LandingPicture
from apps.campaigns.services.photos import FOLDER, keep_photos, smaller
from apps.campaigns.services.unused_pictures import SPARED, prune_pictures
from apps.core.clock import database_now
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import play, start

pytestmark = pytest.mark.django_db
LATER = SPARED + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def picture(colour: str) -> ContentFile:
    buffer = BytesIO()
    Image.new("RGB", (400, 300), colour).save(buffer, "JPEG")
    return ContentFile(buffer.getvalue(), name="a.jpg")


def keep(colour: str) -> str:
    return keep_photos([picture(colour)], uploader="me")[0]


def landing(campaign, token: str) -> str:
    name = default_storage.save(f"landing/{token}-360.webp", ContentFile(b"x"))
    sizes = [{"width": 360, "height": 270, "name": name}]
    LandingPicture.objects.create(campaign=campaign, token=token, sizes=sizes, width=360, height=270)
    return name


def test_pictures_of_a_deleted_campaign_go_and_those_of_others_stay() -> None:
    gone, stays = make_run("assist"), make_run("assist")
    lost, kept = landing(gone.campaign, "a" * 16), landing(stays.campaign, "b" * 16)
    LandingPicture.objects.filter(campaign=gone.campaign).delete()
    now = database_now()
    assert prune_pictures(now=now) == 0  # younger than a day
    assert prune_pictures(now=now + LATER) == 1
    assert prune_pictures(now=now + LATER) == 0
    assert not default_storage.exists(lost)
    assert default_storage.exists(kept)


def test_what_a_listing_or_a_proof_names_stays_with_its_copies_and_the_rest_goes() -> None:
    listed, proof, nested, refused = (keep(colour) for colour in ("red", "green", "blue", "white"))
    run = make_run("swap", {"photos_least": 0})
    start(run, make_member(), title="书", photos=[listed])
    helped = make_run("assist", {"stages": [3], "is_new_only": False, "needs_proof": True})
    entry = start(helped, make_member())
    play(entry, "help", make_member(), photos=[proof])
    other = start(helped, make_member())
    Entry.objects.filter(pk=other.pk).update(data={"deal": {"counter": [{"photo": nested}]}})
    assert proof in str(Contribution.objects.get(entry=entry).data)
    copies = [smaller(listed, 360), smaller(refused, 360)]
    assert prune_pictures(now=database_now() + LATER) == 2
    for name in (listed, proof, nested, copies[0]):
        assert default_storage.exists(name), name
    for name in (refused, copies[1]):
        assert not default_storage.exists(name), name


def test_other_folders_are_never_touched() -> None:
    for name in ("materials/2026/01/a.jpg", "products/a.jpg", "posters/a.png", "campaigns/a.jpg"):
        default_storage.save(name, ContentFile(b"x"))
    assert prune_pictures(now=database_now() + timedelta(days=400)) == 0


def test_a_picture_that_is_sent_again_is_young_again() -> None:
    """Between the check and the row that names it, nothing is thrown away."""
    name = keep("red")
    a_day_ago = (timezone.now() - SPARED).timestamp()
    os.utime(default_storage.path(name), (a_day_ago, a_day_ago))
    assert keep("red") == name
    assert prune_pictures(now=database_now()) == 0
    assert default_storage.listdir(FOLDER)[1] == [Path(name).name]


def test_an_empty_store_is_no_error() -> None:
    assert prune_pictures(now=database_now()) == 0
