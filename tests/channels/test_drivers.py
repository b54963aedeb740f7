"""Drivers without a database: requests, verdicts, limits, and what people paste into the form."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.channels.drivers import dingtalk_robot, feishu_robot, webhook, wecom_robot
from apps.channels.drivers.base import Content, Credentials, Outcome
from apps.channels.drivers.registry import all_drivers, get_driver
from apps.core.errors import Invalid
from chat_simulator import dingtalk as sim_dingtalk
from chat_simulator import feishu as sim_feishu
from chat_simulator import webhook as sim_webhook

NOW = datetime.fromtimestamp(1_700_000_000, UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
AUTOMATIC = [key for key, driver in all_drivers().items() if not driver.is_manual]


def _build(driver: str, content: Content, *, address: str = "", signing: str = ""):
    secret = "https://example.com/hook" if driver == "webhook" else "secret-key-1"
    credentials = Credentials(secret=secret, signing_secret=signing, base_url="http://platform")
    return get_driver(driver).build(content, credentials=credentials, address=address, now=NOW)


def _read(driver: str, payload: object, status: int = 200, headers: dict[str, str] | None = None):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return get_driver(driver).read(status, headers or {}, body)


# --- The registry -------------------------------------------------------------------------------------


def test_every_driver_keeps_the_contract():
    assert set(all_drivers()) == {
        "manual",
        "wecom_robot",
        "webhook",
        "dingtalk_robot",
        "feishu_robot",
        "telegram_bot",
    }
    for key, driver in all_drivers().items():
        assert driver.key == key
        assert str(driver.label)
        assert str(driver.help_text)
        messages, seconds = driver.default_rate
        assert messages >= 1
        assert seconds >= 1


@pytest.mark.parametrize("driver", AUTOMATIC)
@pytest.mark.parametrize("secret", ["", " ", "你好", "https://", "http://127.0.0.1/x y", "key=", "😀" * 5])
def test_nonsense_as_a_secret_is_refused_with_a_hint(driver, secret):
    with pytest.raises(Invalid) as error:
        get_driver(driver).clean_secret(secret)
    assert error.value.hint
    assert error.value.field == "secret"


_TAILS = {
    "wecom_robot": ("qyapi.weixin.qq.com", "/cgi-bin/webhook/send?key=%s"),
    "dingtalk_robot": ("oapi.dingtalk.com", "/robot/send?access_token=%s"),
    "feishu_robot": ("open.feishu.cn", "/open-apis/bot/v2/hook/%s"),
}


@pytest.mark.parametrize("driver", _TAILS)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "evil.example",
        "//evil.example",
        "https://{host}.evil.example",
        "https://{host}@evil.example",
        "https://evil.example/{host}",
        "https://[",
    ],
)
def test_an_address_of_another_house_is_refused_and_says_where_to_look(driver, origin):
    host, tail = _TAILS[driver]
    with pytest.raises(Invalid) as error:
        get_driver(driver).clean_secret(origin.format(host=host) + tail % "693a91f6-7bcc-4bc4")
    assert "这个地址不是" in str(error.value)
    assert host in error.value.hint


@pytest.mark.parametrize("driver", _TAILS)
@pytest.mark.parametrize(
    "origin", ["https://{host}", "HTTPS://{host}:443", "{host}", "http://127.0.0.1:8001", "http://localhost"]
)
def test_an_address_of_the_platform_or_of_the_simulator_gives_its_key(driver, origin):
    host, tail = _TAILS[driver]
    pasted = origin.format(host=host) + tail % "693a91f6-7bcc-4bc4"
    assert get_driver(driver).clean_secret(pasted) == "693a91f6-7bcc-4bc4"


@pytest.mark.parametrize("driver", AUTOMATIC)
@pytest.mark.parametrize(
    "body", [b"", b"<html>502</html>", b"{", b"[]", b"null", b'"ok"', b"\xff\xfe", b"{}"]
)
@pytest.mark.parametrize("status", [200, 500, 502])
def test_a_body_without_a_code_is_ambiguous_never_success(driver, body, status):
    verdict = _read(driver, body, status)
    if driver == "webhook" and status == 200:
        assert verdict.outcome is Outcome.ACCEPTED  # our own protocol: there the status counts
    else:
        assert verdict.outcome is Outcome.AMBIGUOUS


@pytest.mark.parametrize("driver", AUTOMATIC)
def test_429_without_a_body_waits_as_told(driver):
    verdict = _read(driver, b"slow down", 429, {"retry-after": "17"})
    assert (verdict.outcome, verdict.retry_after, verdict.is_penalty) == (Outcome.RETRY, 17.0, True)


@pytest.mark.parametrize("driver", ["wecom_robot", "dingtalk_robot"])
@pytest.mark.parametrize("code", [True, "0", None, 0.0, [], {}])
def test_a_code_that_is_no_whole_number_is_ambiguous(driver, code):
    assert _read(driver, {"errcode": code}).outcome is Outcome.AMBIGUOUS


@given(st.binary(max_size=300), st.integers(100, 599))
def test_no_answer_can_crash_a_driver(body, status):
    for driver in AUTOMATIC:
        assert get_driver(driver).read(status, {}, body).outcome in Outcome


@given(st.text(max_size=60))
def test_no_secret_can_crash_a_form(secret):
    for driver in AUTOMATIC:
        try:
            cleaned = get_driver(driver).clean_secret(secret)
        except Invalid:
            continue
        assert cleaned.isascii()


# --- WeCom --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    [
        "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
        " 693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa\n",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?debug=1&key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
        "key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
    ],
)
def test_wecom_takes_a_key_or_the_whole_address(pasted):
    assert wecom_robot.DRIVER.clean_secret(pasted) == "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.mark.parametrize("word", ["nonsense", "my_robot-key", "key=nonsense", "a1b2c3d"])
def test_wecom_takes_no_word_for_a_key(word):
    with pytest.raises(Invalid, match="复制 Webhook 地址"):
        wecom_robot.DRIVER.clean_secret(word)


@pytest.mark.parametrize("key", ["robot-00000001", "abcdefab-cdef-abcd-efab-cdefabcdefab"])
def test_wecom_takes_a_short_key_with_a_digit_or_anything_like_a_uuid(key):
    assert wecom_robot.DRIVER.clean_secret(key) == key


@given(st.text(min_size=1, max_size=1400), st.sampled_from(["text", "markdown"]))
def test_wecom_measures_bytes_as_the_wire_does(text, kind):
    limit = {"text": 2048, "markdown": 4096}[kind]
    on_the_wire = json.loads(_build("wecom_robot", Content(kind, text=text)).body)[kind]["content"]
    is_refused = bool(wecom_robot.DRIVER.problems(Content(kind, text=text)))
    assert is_refused == (len(on_the_wire.encode("utf-8", "surrogatepass")) > limit or not text.strip())


@pytest.mark.parametrize(
    ("text", "is_fine"), [("汉" * 682, True), ("汉" * 682 + "ab", True), ("汉" * 683, False)]
)
def test_wecom_text_ends_at_2048_bytes_even_inside_a_letter(text, is_fine):
    problems = wecom_robot.DRIVER.problems(Content("text", text=text))
    assert (problems == []) == is_fine
    if problems:
        assert "2049" in str(problems[0])
        assert "2048" in str(problems[0])


def test_wecom_image_carries_base64_and_the_md5_of_the_raw_bytes():
    part = json.loads(_build("wecom_robot", Content("image", image=PNG)).body)["image"]
    assert base64.b64decode(part["base64"]) == PNG
    assert part["md5"] == hashlib.md5(PNG).hexdigest()


def test_wecom_image_limits():
    problems = wecom_robot.DRIVER.problems
    assert problems(Content("image", image=PNG)) == []
    assert problems(Content("image", image=b"GIF89a")) != []
    assert problems(Content("image", image=PNG + b"0" * 2 * 1024 * 1024)) != []
    assert problems(Content("image")) != []


def test_wecom_link_is_a_news_card():
    content = Content("link", title="秋冬新品", text="限时", url="https://example.com/", picture_url="")
    [card] = json.loads(_build("wecom_robot", content).body)["news"]["articles"]
    assert card == {"title": "秋冬新品", "description": "限时", "url": "https://example.com/"}


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, Outcome.ACCEPTED),
        (-1, Outcome.RETRY),
        (45009, Outcome.RETRY),
        (45033, Outcome.RETRY),
        (93000, Outcome.CHANNEL_GONE),
        (93004, Outcome.CHANNEL_GONE),
        (93008, Outcome.CHANNEL_GONE),
        (40008, Outcome.REFUSED),
        (40058, Outcome.REFUSED),
        (40063, Outcome.REFUSED),
        (44004, Outcome.REFUSED),
        (45002, Outcome.REFUSED),
        (45008, Outcome.REFUSED),
        (123456, Outcome.REFUSED),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_wecom_verdict_is_the_code_not_the_status(code, outcome, status):
    verdict = _read("wecom_robot", {"errcode": code, "errmsg": "x, hint: [1], from ip: 1.2.3.4"}, status)
    assert verdict.outcome is outcome
    assert verdict.code == str(code)
    assert "1.2.3.4" not in verdict.detail


def test_wecom_penalty_lasts_a_minute():
    verdict = _read("wecom_robot", {"errcode": 45009, "errmsg": "api freq out of limit"})
    assert (verdict.retry_after, verdict.is_penalty) == (60.0, True)


# --- Webhook ------------------------------------------------------------------------------------------


def test_webhook_signs_as_the_receiver_checks():
    request = _build(
        "webhook", Content("text", text="你好", key="post:1:2", recipient="一群"), signing="shared"
    )
    assert request.is_guarded
    assert request.headers[webhook.SIGNATURE_HEADER] == sim_webhook.sign(
        "shared", 1_700_000_000, request.body
    )
    assert json.loads(request.body) == {"key": "post:1:2", "group": "一群", "kind": "text", "text": "你好"}
    assert request.headers["Idempotency-Key"] == "post:1:2"


@pytest.mark.parametrize(
    ("status", "payload", "outcome"),
    [
        (200, {"ok": True, "id": 7}, Outcome.ACCEPTED),
        (204, b"", Outcome.ACCEPTED),
        (200, {"ok": False, "error": "没有这个群"}, Outcome.REFUSED),
        (302, b"", Outcome.REFUSED),
        (400, {"error": "bad"}, Outcome.REFUSED),
        (401, b"", Outcome.REFUSED),
        (404, b"", Outcome.CHANNEL_GONE),
        (410, b"", Outcome.CHANNEL_GONE),
        (500, {"error": "boom"}, Outcome.AMBIGUOUS),
        (503, b"", Outcome.AMBIGUOUS),
    ],
)
def test_webhook_verdicts(status, payload, outcome):
    assert _read("webhook", payload, status).outcome is outcome


def test_webhook_address_is_checked_and_made_ascii():
    assert webhook.DRIVER.clean_secret(" https://例子.公司/群 ") == "https://xn--fsqu00a.xn--55qx5d/%E7%BE%A4"
    with pytest.raises(Invalid):
        webhook.DRIVER.clean_secret("http://169.254.169.254/")


# --- DingTalk, Feishu, Telegram -----------------------------------------------------------------------


def test_dingtalk_sign_vector():
    expected = "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g="
    assert dingtalk_robot.sign("SECtest", 1_700_000_000_000) == expected
    assert sim_dingtalk.sign("SECtest", "1700000000000") == expected


def test_dingtalk_sign_is_encoded_exactly_once():
    request = _build("dingtalk_robot", Content("text", text="你好"), signing="SECtest")
    assert "%253D" not in request.url
    query = parse_qs(urlsplit(request.url).query)
    assert query["sign"] == ["aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g="]
    assert query["timestamp"] == ["1700000000000"]


@pytest.mark.parametrize(
    ("code", "outcome", "wait"),
    [
        (0, Outcome.ACCEPTED, None),
        (-1, Outcome.RETRY, None),
        (130101, Outcome.RETRY, 600.0),
        (310000, Outcome.REFUSED, None),
        (300005, Outcome.CHANNEL_GONE, None),
        (400102, Outcome.CHANNEL_GONE, None),
        (460101, Outcome.REFUSED, None),
    ],
)
def test_dingtalk_verdicts(code, outcome, wait):
    verdict = _read("dingtalk_robot", {"errcode": code, "errmsg": "x"})
    assert (verdict.outcome, verdict.retry_after) == (outcome, wait)


def test_dingtalk_takes_an_address_and_not_the_signing_secret():
    address = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef"
    assert dingtalk_robot.DRIVER.clean_secret(address) == "0123456789abcdef"
    with pytest.raises(Invalid):
        dingtalk_robot.DRIVER.clean_secret("SEC0123456789abcdef")


def test_feishu_sign_vector():
    expected = "mbm4Y4oluIPQ00qlBIhX8vAZ0EKv3nw0LuTb91jPL84="
    assert feishu_robot.sign("test-secret", 1_700_000_000) == expected
    assert sim_feishu.sign("test-secret", "1700000000") == expected
    body = json.loads(_build("feishu_robot", Content("text", text="你好"), signing="test-secret").body)
    assert (body["timestamp"], body["sign"]) == ("1700000000", expected)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, Outcome.ACCEPTED),
        (9499, Outcome.REFUSED),
        (19001, Outcome.CHANNEL_GONE),
        (19021, Outcome.REFUSED),
        (19024, Outcome.REFUSED),
        (11232, Outcome.RETRY),
    ],
)
def test_feishu_verdicts(code, outcome):
    assert _read("feishu_robot", {"code": code, "msg": "x"}).outcome is outcome


@given(st.integers(6_000, 7_000))
def test_feishu_counts_the_whole_body(letters):
    content = Content("text", text="汉" * letters)
    if not feishu_robot.DRIVER.problems(content):
        assert len(_build("feishu_robot", content, signing="s" * 40).body) <= 20 * 1024


@pytest.mark.parametrize(
    ("payload", "status", "outcome"),
    [
        ({"ok": True, "result": {"message_id": 42}}, 200, Outcome.ACCEPTED),
        ({"ok": False, "error_code": 400, "description": "chat not found"}, 400, Outcome.REFUSED),
        ({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401, Outcome.CHANNEL_GONE),
        ({"ok": False, "error_code": 403, "description": "kicked"}, 403, Outcome.REFUSED),
        ({"ok": False, "error_code": 502, "description": "x"}, 502, Outcome.AMBIGUOUS),
    ],
)
def test_telegram_verdicts(payload, status, outcome):
    assert _read("telegram_bot", payload, status).outcome is outcome


def test_telegram_keeps_the_proof_and_obeys_the_wait():
    assert _read("telegram_bot", {"ok": True, "result": {"message_id": 42}}).proof == "42"
    limited = {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 35}}
    assert _read("telegram_bot", limited, 429).retry_after == 35.0
    moved = {"ok": False, "error_code": 400, "parameters": {"migrate_to_chat_id": -1001234567890123}}
    assert "-1001234567890123" in _read("telegram_bot", moved, 400).detail


def test_telegram_needs_a_chat():
    with pytest.raises(Invalid):
        _build("telegram_bot", Content("text", text="hi"))
    body = json.loads(_build("telegram_bot", Content("text", text="hi"), address="-100123").body)
    assert body == {"chat_id": "-100123", "text": "hi"}


@pytest.mark.parametrize("driver", ["dingtalk_robot", "feishu_robot", "telegram_bot"])
def test_what_a_platform_cannot_show_is_said_not_dropped(driver):
    assert get_driver(driver).problems(Content("image", image=PNG))
