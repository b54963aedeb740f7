"""What members and operators may type, on a poster: it stays a poster, and every text stays in its place."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops

from apps.campaigns.services.sharing import link_for
from apps.core.clock import database_now
from apps.h5.selectors.links import link_by_code
from apps.h5.services.posters import Content, says
from apps.h5.services.posters.drawing import draw
from apps.h5.services.posters.letters import BOLD, _wrapped, drawable, face, fit
from tests.campaigns.factories import make_member, make_run

ATTACKS = {
    "long": "长" * 5000,
    "long latin": "W" * 5000,
    "long closing": "，" * 5000,
    "words": "Alexander " * 500,
    "emoji": "🎉👩‍👩‍👧‍👦🇨🇳" * 100,
    "right to left": "\u202egnp.小明\u202c\u2066",
    "zero width": "\u200b\u200c\u200d\ufeff\u2060" * 50,
    "hidden in a name": "小\u200b明\ufeff",
    "lines": "一\n二\r\n三\u2028四\u2029五\x0b六",
    "marks on a letter": "a" + "\u0301" * 500,
    "marks on every letter": "".join(letter + "\u0300\u0301\u0302\u0303" * 30 for letter in "HELLO世界"),
    "marks alone": "\u0489\u0344" * 500,
    "braces": "{{ 7*7 }}{% load x %}%(end)s {0} ${x}",
    "html": "<script>alert(1)</script>&amp;<b style=x>",
    "letters that the font lacks": "مرحبا ﷺ ཧཱུྃ 𬱟",
    "halves of letters": "\ud800\udfffa\udc00",
    "nothing": "",
}
#: Left, top, right, bottom of where a text may be, in pixels.
PLACES = {
    "headline": (52, 150, 698, 594),
    "offer": (56, 620, 698, 998),
    "name": (56, 1002, 460, 1290),
}


@pytest.fixture
def plain(settings, tmp_path: Path) -> Content:
    """A poster whose texts do not change its ground: that is a picture."""
    settings.MEDIA_ROOT = tmp_path
    Image.new("RGB", (750, 690), "#336699").save(tmp_path / "a.png")
    return Content(
        theme="red",
        mark="助",
        label="好友助力",
        headline="",
        offer="",
        lines=(),
        until="",
        name="人",
        call="",
        url="https://qunce.example.com/s/abcdefghij",
        picture="a.png",
    )


def opened(content: Content) -> Image.Image:
    return Image.open(BytesIO(draw(content))).convert("RGB")


@pytest.mark.parametrize("place", sorted(PLACES))
def test_no_text_leaves_its_place(plain: Content, place: str) -> None:
    left, top, right, bottom = PLACES[place]
    usual = opened(plain)
    for name, typed in ATTACKS.items():
        text = drawable(typed).text
        if place == "name" and not text:
            continue
        picture = opened(replace(plain, **{place: text}))
        assert picture.size == (750, 1334)
        changed = ImageChops.difference(usual, picture).getbbox()
        if changed is None:
            continue
        assert changed[0] >= left, (name, changed)
        assert changed[1] >= top, (name, changed)
        assert changed[2] <= right, (name, changed)
        assert changed[3] <= bottom, (name, changed)


def test_whatever_is_typed_everywhere_the_code_reads_back(plain: Content) -> None:
    for name, typed in ATTACKS.items():
        text = drawable(typed).text
        everywhere = replace(
            plain, headline=text, offer=text, lines=(text,) * 3, until=text, name=text, call=text
        )
        found = zxingcpp.read_barcodes(opened(everywhere))
        assert [one.text for one in found] == [plain.url], name


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_only_what_can_be_drawn_is_left(name: str) -> None:
    text = drawable(ATTACKS[name]).text
    assert text.isprintable()
    assert not any(odd in text for odd in "\u202e\u200b\u200d\ufeff\u2028\n")
    assert "\u0301\u0301\u0301" not in text


@pytest.mark.parametrize(
    ("typed", "drawn"), [("José Bù", "José Bù"), ("Nguyễn Việt", "Nguyen Viet"), ("Lǚ", "Lu"), ("𬱟", "＊")]
)
def test_an_accent_that_the_font_lacks_costs_no_letter(typed: str, drawn: str) -> None:
    assert drawable(typed).text == drawn


def test_braces_and_tags_are_letters_like_others() -> None:
    """Nothing of it is ever a template or a page."""
    for name in ("braces", "html"):
        assert drawable(ATTACKS[name]).text == ATTACKS[name]


def test_a_very_long_text_is_not_laid_out_to_its_end() -> None:
    lines = _wrapped("长" * 500_000, face(48), 600, 4)
    assert len(lines) <= 6
    words = fit("长" * 500_000, width=600, lines=4, sizes=range(84, 47, -6), weight=BOLD)
    assert len(words.lines) == 4
    assert words.lines[-1].endswith("…")


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_a_poster_of_any_name_and_headline_says_something(name: str) -> None:
    typed = ATTACKS[name].encode("utf-8", "ignore").decode()  # PostgreSQL keeps no half letters
    run = make_run("assist")
    run.campaign.headline = typed[:60]
    run.campaign.save()
    inviter = make_member(typed[:80])
    made = link_for(run=run, inviter_id=inviter.pk, channel="share", now=database_now())
    link = link_by_code(made.code)
    assert link is not None
    content = says(link, is_own=True)
    assert content.headline
    assert content.name
    assert opened(content).size == (750, 1334)
