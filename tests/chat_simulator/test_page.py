"""The page is safe to look at (S6): whatever a robot receives stays text."""

from __future__ import annotations

import base64
import hashlib

import pytest

KEY = "page-robot-key"
SCRIPT = "<script>document.title='hacked'</script>"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def send(local):
    local.robots([{"platform": "wecom", "key": KEY, "name": SCRIPT, "groups": [SCRIPT]}])

    def post(payload):
        response = local.http.post("/cgi-bin/webhook/send", params={"key": KEY}, json=payload)
        assert response.json()["errcode"] == 0

    return post


def test_the_page_allows_no_inline_script_or_style_and_no_frames(local):
    response = local.http.get("/")
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "style=" not in response.text
    assert "<script>" not in response.text
    for path in ("/assets/main.js", "/assets/chat.css", "/assets/icons.svg"):
        assert local.http.get(path).headers["x-content-type-options"] == "nosniff"


def test_nothing_outside_the_assets_is_served(local):
    for path in (
        "/assets/../server.py",
        "/assets/%2e%2e/server.py",
        "/assets/",
        "/server.py",
        "/assets/index.html",
    ):
        assert local.http.get(path).status_code == 404
    assert local.http.post("/").status_code == 405


def test_received_markup_leaves_only_as_json(local, send):
    send({"msgtype": "markdown", "markdown": {"content": SCRIPT}})
    for path in ("/_page/state", "/_page/messages?id=1", "/_page/robot?id=1", "/_control/messages"):
        response = local.http.get(path)
        assert response.headers["content-type"].startswith("application/json")
        assert response.headers["x-content-type-options"] == "nosniff"
    assert KEY not in local.http.get("/_page/state").text


def test_images_are_served_as_what_they_are(local, send):
    encoded, md5 = base64.b64encode(PNG).decode(), hashlib.md5(PNG).hexdigest()
    send({"msgtype": "image", "image": {"base64": encoded, "md5": md5}})
    [message] = local.http.get("/_page/messages?id=1").json()["messages"]
    response = local.http.get(message["image"])
    assert response.content == PNG
    assert response.headers["content-type"] == "image/png"
    assert "sandbox" in response.headers["content-security-policy"]
    assert local.http.get("/_page/image/999").status_code == 404


def test_the_quota_of_the_minute_is_shown(local, send):
    for _ in range(12):
        send({"msgtype": "text", "text": {"content": "x"}})
    robot = local.http.get("/_page/robot?id=1").json()
    assert (robot["used"], robot["limit"], robot["blocked_for"]) == (12, 20, 0)
    local.clock.now += 61
    assert local.http.get("/_page/robot?id=1").json()["used"] == 0


def test_news_travels_as_it_happens(local, send):
    with local.http.stream("GET", "/_page/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        send({"msgtype": "text", "text": {"content": "到了\n第二行"}})
        seen = []
        for line in lines:
            seen.append(line)
            if line.startswith("data: ") and "messages" in line:
                break
    assert "event: messages" in seen
    assert r"到了\n第二行" in seen[-1].encode().decode("unicode_escape").replace("\n", r"\n")
