"""Words that must not go into a group (PLAYBOOK §6)."""

import pytest

from apps.content_calendar.services.wording import absolute_words_in, coercion_phrases_in, phone_numbers_in


@pytest.mark.parametrize(
    "text",
    [
        "加我 13800138000",
        "138-0013-8000",
        "138 0013 8000",
        "+86 13800138000",
        "微信同号１３８００１３８０００",
    ],
)
def test_phone_numbers_are_found_and_masked(text):
    assert phone_numbers_in(text) == ["138****8000"]


@pytest.mark.parametrize(
    "text", ["订单 2026030213800138000", "满 1000 减 100", "价格 13.80 元", "020 7946 0018"]
)
def test_other_numbers_are_not_phones(text):
    assert phone_numbers_in(text) == []


@pytest.mark.parametrize(
    "text", ["全网最低价", "销量第一", "国家级品质", "最好的水果", "唯一正品", "100%有效"]
)
def test_superlatives_are_flagged(text):
    assert absolute_words_in(text)


@pytest.mark.parametrize("text", ["最近上新", "最后三小时", "第一次来的朋友", "第一时间回复", "最多买两件"])
def test_ordinary_words_are_not_superlatives(text):
    assert absolute_words_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "转发到3个群领红包",
        "分享到朋友圈后可领取",
        "分享好友即可抽奖",
        "集赞30个",
        "不转不是中国人",
        "转发本群才能领券",
    ],
)
def test_share_coercion_is_flagged(text):
    assert coercion_phrases_in(text)


@pytest.mark.parametrize("text", ["今晚八点分享会，欢迎来听", "感谢分享", "转发通知：明天停水"])
def test_ordinary_sharing_is_not_coercion(text):
    assert coercion_phrases_in(text) == []
