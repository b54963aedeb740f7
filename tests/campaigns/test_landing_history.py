"""What changed between versions, in as few words as explain it."""

from apps.campaigns.models import LandingVersion
from apps.campaigns.selectors.landing_history import changes_in_words


def version(*blocks, theme="red"):
    return LandingVersion(blocks=list(blocks), theme=theme)


def block(number, kind="action", section="top", **data):
    return {"id": f"{number:08x}", "kind": kind, "section": section, "data": data}


HERO, ACTION, FAQ, STEPS = (
    block(1, "hero"),
    block(2),
    block(3, "faq", "middle"),
    block(4, "steps", "middle"),
)


def test_nothing_changed_says_nothing():
    assert changes_in_words(version(HERO, FAQ), version(HERO, FAQ)) == []


def test_one_block_that_jumped_is_named_and_not_those_it_passed():
    before = version(FAQ, STEPS, block(5, "figures", "middle"), block(6, "gallery", "middle"))
    after = version(STEPS, block(5, "figures", "middle"), block(6, "gallery", "middle"), FAQ)
    assert changes_in_words(before, after) == ["换了位置：常见问题"]


def test_another_section_is_another_place():
    assert changes_in_words(version(HERO, ACTION), version(HERO, ACTION | {"section": "bottom"})) == [
        "换了位置：行动按钮"
    ]


def test_added_removed_rewritten_and_colours():
    before = version(HERO, FAQ)
    after = version(block(1, "hero", headline="快来", shows_countdown=False), STEPS, theme="green")
    assert changes_in_words(before, after) == [
        "加了：怎么玩",
        "删了：常见问题",
        "改了“主视觉”的主标题、显示倒计时",
        "配色从中国红换成青绿",
    ]


def test_a_kind_that_is_no_more_is_still_told():
    assert changes_in_words(version(block(1, "oracle")), version()) == ["删了：oracle"]
