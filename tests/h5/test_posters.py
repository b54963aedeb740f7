"""Posters: the QR code reads back, texts fit, names are shown to their owners only, what is drawn is kept."""

from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from apps.accounts.models import Notice
from apps.campaigns.models import LandingPicture, LandingVersion, Run, ShareLink
from apps.campaigns.services.sharing import link_for, short_url
from apps.h5.services.posters import poster_of, prune_posters, says
from apps.h5.services.posters.drawing import draw
from apps.h5.services.posters.letters import BOLD, drawable, face, fit, has
from apps.members.models import Member
from tests.campaigns.factories import make_member, make_run
from tests.h5.people import logged_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def run() -> Run:
    return make_run("assist", {"stages": [2]})


def link_of(run: Run, inviter: Member | None) -> ShareLink:
    made = link_for(run=run, inviter_id=inviter and inviter.pk, channel="share", now=NOW)
    return ShareLink.objects.select_related("run__campaign", "inviter").get(pk=made.pk)


def read_back(png: bytes) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(Image.open(BytesIO(png)))]


@pytest.mark.parametrize("name", ["王小明", "一个名字" * 20, "🎉🎉", "𬱟𬱟", "", "Alexander " * 8])
def test_the_code_on_a_poster_leads_to_its_link(run: Run, name: str) -> None:
    link = link_of(run, make_member(name) if name else None)
    png = draw(says(link, is_own=True))
    assert Image.open(BytesIO(png)).size == (750, 1334)
    assert read_back(png) == [short_url(link.code)]


def test_only_its_owner_sees_the_whole_name(run: Run) -> None:
    owner = make_member("欧阳小明")
    link = link_of(run, owner)
    assert says(link, is_own=True).name == "欧阳小明"
    assert "阳小明" not in says(link, is_own=False).name
    address = reverse("h5:poster", args=[link.code])
    mine = logged_in(owner).get(address)
    theirs, nobodys = logged_in(make_member()).get(address), Client().get(address)
    assert (mine.status_code, mine["Content-Type"]) == (200, "image/png")
    assert theirs.content == nobodys.content != mine.content
    assert mine["Cache-Control"].startswith("private")
    assert "Cookie" in mine["Vary"]


def test_a_poster_that_the_phone_has_is_not_sent_again(run: Run) -> None:
    client, address = Client(), reverse("h5:poster", args=[link_of(run, None).code])
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("code", ["nobodys-it", "x", "../../etc", "%E7%BE%A4", "a" * 200, "%ED%A0%80abcd"])
def test_a_poster_of_no_link_is_a_page(code: str) -> None:
    assert Client().get(f"/m/poster/{code}.png").status_code == 404


def test_drawing_is_bounded_but_what_is_kept_is_always_sent(run: Run) -> None:
    content = says(link_of(run, None), is_own=False)
    assert poster_of(content, may_draw=lambda: False) is None
    drawn = poster_of(content)
    assert poster_of(content, may_draw=lambda: False) == drawn


def test_kept_posters_stay_within_their_size(run: Run) -> None:
    contents = [says(link_of(run, make_member(f"成员{n}")), is_own=True) for n in range(3)]
    sizes = [len(poster_of(content) or b"") for content in contents]
    assert prune_posters(now=NOW, most_bytes=sum(sizes)) == 0
    assert prune_posters(now=NOW, most_bytes=sum(sizes) - 1) == 1
    assert prune_posters(now=NOW, most_bytes=0) == 2
    assert default_storage.listdir("posters")[1] == []


def test_pruning_an_empty_store_does_nothing() -> None:
    assert prune_posters(now=NOW, most_bytes=0) == 0


def test_rare_letters_are_replaced_and_operators_told_once(run: Run, architect) -> None:
    assert not has("𬱟")
    run.campaign.owner = architect
    run.campaign.headline = "请𬱟老师上课🎉"
    run.campaign.save()
    for _ in range(2):
        content = says(link_of(run, None), is_own=False)
    assert content.headline == "请＊老师上课"
    notice = Notice.objects.get()
    assert (notice.user, "𬱟" in notice.text) == (architect, True)


def test_emoji_and_hidden_marks_go_and_nothing_is_left_unnamed(run: Run) -> None:
    assert drawable("小\u202e明\u200d🎉 \x00\ud800好").text == "小明 好"
    assert says(link_of(run, make_member("🎉🎉")), is_own=True).name == "一位朋友"


@pytest.mark.parametrize("text", ["长" * 300, "x" * 300, "词 word " * 60, "，" * 50, "短"])
def test_a_text_never_leaves_its_place(text: str) -> None:
    words = fit(text, width=400, lines=2, sizes=range(60, 29, -6), weight=BOLD)
    assert len(words.lines) <= 2
    assert all(face(words.size, BOLD).getlength(line) <= 400 for line in words.lines)


def test_no_line_begins_with_a_full_stop() -> None:
    words = fit("一二三四五六七八九十。后面", width=300, lines=2, sizes=range(30, 29, -1))
    assert [line[0] for line in words.lines] == ["一", "十"]


def test_the_live_page_lends_its_picture_and_colours(run: Run) -> None:
    buffer = BytesIO()
    Image.new("RGB", (720, 400), "#00ff00").save(buffer, "WEBP")
    name = default_storage.save("landing/a.webp", ContentFile(buffer.getvalue()))
    LandingPicture.objects.create(
        campaign=run.campaign,
        token="picture-token-1",
        width=720,
        height=400,
        sizes=[{"width": 360, "height": 200, "name": "gone"}, {"width": 720, "height": 400, "name": name}],
    )
    LandingVersion.objects.create(
        campaign=run.campaign,
        number=1,
        state="live",
        theme="blue",
        published_at=NOW,
        blocks=[{"id": "a", "kind": "hero", "section": "top", "data": {"picture": "picture-token-1"}}],
    )
    content = says(link_of(run, None), is_own=False)
    assert (content.theme, content.picture) == ("blue", name)
    red, green, blue = Image.open(BytesIO(draw(content))).convert("RGB").getpixel((700, 20))
    assert green > red
    assert green > blue
    default_storage.delete(name)  # lost: the poster still comes
    assert read_back(draw(content)) == [content.url]
