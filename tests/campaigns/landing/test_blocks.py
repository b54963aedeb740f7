"""The contract of every kind of block and of every shipped page, and what cleaning takes out (S6)."""

from typing import Any

import pytest

from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.blocks.richtext import clean_source, to_html
from apps.campaigns.blocks.starters.registry import all_starters, starter_for
from apps.campaigns.enums import Section
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign
from apps.campaigns.selectors.landing import starter_blocks
from apps.core.errors import Invalid

KINDS = sorted(all_blocks())
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7|add:7 }}"


def filled(kind: str, text: str = "字") -> dict[str, Any]:
    """Sound data for a block, with ``text`` in every text that has room for it."""
    samples: dict[FieldKind, Any] = {
        FieldKind.PICTURE: "token-0001",
        FieldKind.PICTURES: ["token-0001", "token-0002"],
        FieldKind.MONEY: "9.9",
        FieldKind.LINK: "https://example.com/a",
        FieldKind.BOOLEAN: True,
    }
    data: dict[str, Any] = {}
    for field in all_blocks()[kind].inputs:
        if field.kind in samples:
            data[field.key] = samples[field.kind]
        elif field.kind == FieldKind.NUMBER:
            data[field.key] = field.least
        elif field.kind == FieldKind.CHOICE:
            data[field.key] = field.choices[0][0]
        elif field.kind == FieldKind.LIST:
            data[field.key] = [text[: field.each[0]]]
        elif field.kind == FieldKind.PAIRS:
            data[field.key] = [[text[: field.each[0]], text[: field.each[-1]]]]
        else:
            data[field.key] = text[: field.most]
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_block_keeps_what_it_cleaned(kind: str) -> None:
    block = all_blocks()[kind]
    once = block.clean(filled(kind))
    assert block.clean(once) == once
    assert once.keys() == {field["key"] for field in block.fields()}


@pytest.mark.parametrize("kind", KINDS)
def test_block_says_in_words_what_it_is(kind: str) -> None:
    block = all_blocks()[kind]
    assert block.key == kind
    assert str(block.label)
    assert str(block.help)
    assert block.sections
    assert set(block.sections) <= set(Section)
    keys = [field.key for field in block.inputs]
    assert len(keys) == len(set(keys))
    for field in block.inputs:
        assert str(field.label), field.key
        assert bool(field.columns) == (field.kind == FieldKind.PAIRS)
        assert bool(field.choices) == (field.kind == FieldKind.CHOICE)


@pytest.mark.parametrize("kind", KINDS)
def test_new_block_is_a_sound_draft(kind: str) -> None:
    block = all_blocks()[kind]
    assert block.clean(block.empty(), is_draft=True) == block.empty()


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_names_are_not_kept(kind: str) -> None:
    assert "is_admin" not in all_blocks()[kind].clean({**filled(kind), "is_admin": True})


@pytest.mark.parametrize(("kind", "missing"), [("bait", "title"), ("faq", "items"), ("group_qr", "picture")])
def test_what_is_required_is_asked_for_when_it_goes_public(kind: str, missing: str) -> None:
    block = all_blocks()[kind]
    data = {**filled(kind), missing: [] if missing == "items" else ""}
    assert block.clean(data, is_draft=True)[missing] == data[missing]
    with pytest.raises(Invalid) as refused:
        block.clean(data)
    assert refused.value.field == missing


@pytest.mark.parametrize("kind", ["testimony", "expert"])
def test_nobody_speaks_who_is_not_confirmed_to_be_real(kind: str) -> None:
    block = all_blocks()[kind]
    for said in (False, None):
        with pytest.raises(Invalid) as refused:
            block.clean({**filled(kind), "is_real": said})
        assert refused.value.field == "is_real"
    with pytest.raises(Invalid):
        block.clean({**filled(kind), "is_real": "yes"}, is_draft=True)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "http://example.com",
        "//example.com",
        "https:///x",
        "https://us@er:x@example.com",
        "data:text/html,x",
        "/admin/",
        "/m//example.com",
        "/m/\\example.com",
        "https://exa mple.com",
    ],
)
def test_link_leads_to_https_or_to_member_pages_only(link: str) -> None:
    with pytest.raises(Invalid):
        Field("link", "链接", FieldKind.LINK, most=300).clean(link, is_draft=True)


@pytest.mark.parametrize("link", ["", "https://example.com/a?b=1", "/m/", "/m/r/3/", "/s/Ab-_9"])
def test_sound_link_is_kept(link: str) -> None:
    assert Field("link", "链接", FieldKind.LINK, most=300).clean(link, is_draft=True) == link


@pytest.mark.parametrize("token", ["../../etc/passwd", "a b", "x" * 40, 7, ["token-0001"]])
def test_picture_is_a_token_and_nothing_else(token: object) -> None:
    with pytest.raises(Invalid):
        Field("picture", "图", FieldKind.PICTURE).clean(token, is_draft=True)


@pytest.mark.parametrize("raw", [1.5, True, "1e9", "-1", "NaN", "9.999", "x"])
def test_money_is_yuan_and_cents(raw: object) -> None:
    with pytest.raises(Invalid):
        Field("price", "价", FieldKind.MONEY).clean(raw, is_draft=True)


def test_rows_may_come_as_lines() -> None:
    pairs = Field("items", "问答", FieldKind.PAIRS, most=3, each=(5, 9), columns=("问", "答"))
    assert pairs.clean("问题｜答案\n\n只有问题", is_draft=True) == [["问题", "答案"], ["只有问题", ""]]
    with pytest.raises(Invalid):
        pairs.clean([["1", "2", "3"]], is_draft=True)
    with pytest.raises(Invalid):
        pairs.clean("一\n二\n三\n四", is_draft=True)


def test_text_holds_nothing_that_nobody_sees() -> None:
    line = Field("title", "标题", most=20)
    assert line.clean("名\u202e字\u200b\x00 \n 好", is_draft=True) == "名字 好"
    assert line.clean("字" * 20, is_draft=True) == "字" * 20
    with pytest.raises(Invalid):
        line.clean("字" * 21, is_draft=True)


@pytest.mark.parametrize(
    "source",
    [
        ATTACK,
        "<scr<script>ipt>alert(1)</script>",
        "<<b>script>alert(1)<</b>/script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "[点我](javascript:alert(1)) ![x](http://x/y)",
        "<a href='javascript:alert(1)'>点</a>",
        "<https://x.example>",
    ],
)
def test_long_text_brings_no_html_of_its_own(source: str) -> None:
    made = to_html(clean_source(source))
    for forbidden in ("<script", "<img", "<a", "onerror=alert(1)>", "<iframe"):
        assert forbidden not in made
    assert clean_source(clean_source(source)) == clean_source(source)


def test_long_text_keeps_what_writers_need() -> None:
    made = to_html(clean_source("第一段 1 < 2 & 3\n\n- 一\n- **二**\n\n# 大标题"))
    assert "<p>第一段 1 &lt; 2 &amp; 3</p>" in made
    assert "<li><strong>二</strong></li>" in made
    assert "<h3>大标题</h3>" in made


# --- Shipped pages -------------------------------------------------------------------------------


def test_every_mechanic_has_a_page_of_its_own_and_an_eighth_the_general_one() -> None:
    for key in all_mechanics():
        assert starter_for(key).key == key
    assert starter_for("eighth").key == "general"


@pytest.mark.parametrize("key", sorted(all_starters()))
def test_shipped_page_is_complete_and_has_three_sections(key: str) -> None:
    campaign = Campaign(
        title="春茶节", mechanic=key, headline="新茶上市", intro="每人一份。", product_name="明前茶"
    )
    _theme, blocks = starter_blocks(campaign)
    assert {block["section"] for block in blocks} == set(Section.values)
    assert len({block["id"] for block in blocks}) == len(blocks)
    for block in blocks:
        kind = all_blocks()[block["kind"]]
        assert block["section"] in kind.sections
        assert kind.clean(block["data"]) == block["data"]
    assert "rules" in {block["kind"] for block in blocks}
    assert blocks[0]["data"]["headline"] == "新茶上市"
