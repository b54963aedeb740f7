"""The WeCom robot answers as the platform does: verdict in the body, HTTP status always 200."""

from __future__ import annotations

import base64
import hashlib
import json

import httpx
import pytest

KEY = "693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest.fixture
def post(local):
    local.robots([{"platform": "wecom", "key": KEY, "name": "小群", "groups": ["城东宝妈群"]}])

    def send(payload, key=KEY):
        body = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        response = local.http.post("/cgi-bin/webhook/send", params={"key": key}, content=body)
        assert response.status_code == 200
        return response.json()

    return send


def text(content, **fields):
    return {"msgtype": "text", "text": {"content": content, **fields}}


def image(data, md5=None):
    encoded = base64.b64encode(data).decode()
    return {"msgtype": "image", "image": {"base64": encoded, "md5": md5 or hashlib.md5(data).hexdigest()}}


def news(count):
    article = {"title": "拼团", "url": "https://example.com/", "description": "三人成团", "picurl": ""}
    return {"msgtype": "news", "news": {"articles": [article] * count}}


def test_text_is_accepted_and_witnessed(local, post):
    assert post(text("早上好，群友们", mentioned_mobile_list=["13800001111", "@all"])) == {
        "errcode": 0,
        "errmsg": "ok",
    }
    [message] = local.messages(key=KEY)
    assert message["text"] == "早上好，群友们"
    assert message["groups"] == ["城东宝妈群"]
    assert message["accepted"] is True
    assert message["received_at"] == local.clock.now
    assert message["extra"] == {"mentions": ["138****1111", "@all"]}
    assert local.count(text="早上好") == 1


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (text("群" * 682), 0),
        (text("群" * 683), 40058),
        (text(""), 44004),
        (text(12), 40058),
        ({"msgtype": "text"}, 40063),
        ({"msgtype": "markdown", "markdown": {"content": "a" * 4096}}, 0),
        ({"msgtype": "markdown", "markdown": {"content": "a" * 4097}}, 40058),
        (image(PNG), 0),
        (image(b"\xff\xd8\xff" + b"\x00" * (2 * 1024 * 1024 - 3)), 0),
        (image(b"\xff\xd8\xff" + b"\x00" * (2 * 1024 * 1024 - 2)), 45002),
        (image(PNG, md5="0" * 32), 40058),
        (image(b"GIF89a" + b"\x00" * 64), 40058),
        ({"msgtype": "image", "image": {"base64": "***", "md5": "0" * 32}}, 40058),
        ({"msgtype": "image", "image": {}}, 40063),
        (news(1), 0),
        (news(8), 0),
        (news(9), 45008),
        (news(0), 40063),
        ({"msgtype": "file", "file": {"media_id": "x"}}, 40008),
        ({"msgtype": ["text"]}, 40008),
        ({}, 40008),
        (b"not json", 47001),
        (b"\xff\xfe", 47001),
        (b"[" * 100_000, 47001),
        (b'{"msgtype":"text","text":{"content":"\\ud800"}}', 0),
    ],
)
def test_content_is_judged_by_code(post, payload, code):
    verdict = post(payload)
    assert verdict["errcode"] == code
    if code:
        assert "hint: [" in verdict["errmsg"]
        assert "from ip: 127.0.0.1" in verdict["errmsg"]


def test_unknown_removed_and_disabled_robots_are_told_apart(local, post):
    assert post(text("x"), key="not-a-known-key")["errcode"] == 93000
    local.remove(KEY)
    assert post(text("x"))["errcode"] == 93000
    local.robots([{"platform": "wecom", "key": KEY, "state": "disabled"}])
    assert post(text("x"))["errcode"] == 93004
    assert local.requests()["unknown"] == 1
    assert local.accepted() == []


def test_twenty_a_minute_then_blocked_for_sixty_seconds(local, post):
    for second in range(20):
        local.clock.now += 1
        assert post(text(f"第 {second} 条"))["errcode"] == 0
    over = post(text("第 20 条"))
    assert over["errcode"] == 45009
    assert over["errmsg"].startswith("api freq out of limit")
    local.clock.now += 59.9
    assert post(text("还在禁言"))["errcode"] == 45009
    local.clock.now += 0.2
    assert post(text("解除"))["errcode"] == 0
    counts = local.requests(key=KEY)["robots"][0]
    assert (counts["requests"], counts["accepted"], counts["refused"]) == (23, 21, 2)


def test_the_window_slides_and_refused_content_takes_no_place(local, post):
    for _ in range(10):
        post(text("a"))
    for _ in range(30):
        assert post(text(""))["errcode"] == 44004
    local.clock.now += 30
    for _ in range(10):
        assert post(text("b"))["errcode"] == 0
    local.clock.now += 30
    for _ in range(10):
        assert post(text("c"))["errcode"] == 0
    assert post(text("d"))["errcode"] == 45009


def test_limits_may_be_set_or_switched_off(local, post):
    local.robots([{"platform": "wecom", "key": KEY, "limit_per_minute": 2}])
    assert [post(text("x"))["errcode"] for _ in range(3)] == [0, 0, 45009]
    local.robots([{"platform": "wecom", "key": KEY, "limit_per_minute": 0}])
    assert {post(text("x"))["errcode"] for _ in range(50)} == {0}


def test_auto_register_takes_well_formed_keys_only(start):
    demo = start(auto_register=True)
    for key, code in ((KEY, 0), ("short", 93000), ("https://qyapi.weixin.qq.com/", 93000)):
        response = demo.http.post("/cgi-bin/webhook/send", params={"key": key}, json=text("x"))
        assert response.json()["errcode"] == code


def test_get_is_refused(local, post):
    response = httpx.get(f"{local.url}/cgi-bin/webhook/send", params={"key": KEY}, trust_env=False)
    assert response.json()["errcode"] == 43002
