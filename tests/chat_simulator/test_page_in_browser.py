"""A person sees posts arrive, reads why one was refused, and tries a fault by click."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

KEY = "browser-robot-key"
MARKDOWN = (
    '# 今日拼团\n> 三人成团，**48 小时**\n<font color="warning">¥29.9</font> [参团](https://example.com/t) <@xiaomei>\n'
    "<script>document.title='hacked'</script><img src=x onerror=alert(1)> [坏](javascript:alert(1))"
)

pytestmark = pytest.mark.browser


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails its test on any script error or breach of the content policy."""
    page = new_context(viewport={"width": request.param, "height": 800}).new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    yield page
    page.close()
    assert problems == []


def text(content):
    return {"msgtype": "text", "text": {"content": content}}


@pytest.mark.parametrize("page", [1280, 390], indirect=True)
def test_a_person_watches_a_group(start, page):
    simulator = start()
    page.goto(simulator.url)
    expect(page.get_by_role("heading", name="还没有机器人")).to_be_visible()

    simulator.robots(
        [{"platform": "wecom", "key": KEY, "name": "小助手", "groups": ["城东宝妈群"], "limit_per_minute": 2}]
    )

    def post(payload):
        return simulator.http.post("/cgi-bin/webhook/send", params={"key": KEY}, json=payload).json()[
            "errcode"
        ]

    assert post(text("早上好")) == 0
    page.get_by_role("link", name="城东宝妈群").click()
    expect(page.get_by_role("log")).to_contain_text("早上好")

    assert post({"msgtype": "markdown", "markdown": {"content": MARKDOWN}}) == 0
    bubble = page.locator(".bubble").last
    expect(bubble.locator("h3")).to_have_text("今日拼团")
    expect(bubble.locator("blockquote strong")).to_have_text("48 小时")
    expect(bubble.locator(".c-warning")).to_have_text("¥29.9")
    expect(bubble.locator(".at")).to_have_text("@xiaomei")
    expect(bubble).to_contain_text("<script>document.title='hacked'</script><img src=x onerror=alert(1)>")
    assert bubble.locator("a").evaluate_all("links => links.map(a => a.href)") == ["https://example.com/t"]
    assert bubble.locator("script, img").count() == 0

    assert post(text("太快了")) == 45009
    expect(page.locator(".system summary")).to_contain_text("45009 发送过快，已被平台拦截")
    expect(page.locator("#quota-text")).to_contain_text("限流中")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("page", [1280, 390], indirect=True)
def test_a_person_orders_and_lifts_a_fault(start, page):
    simulator = start()
    simulator.robots([{"platform": "wecom", "key": KEY, "groups": ["城东宝妈群"]}])
    page.goto(simulator.url)
    page.get_by_role("link", name="城东宝妈群").click()
    expect(page.get_by_role("heading", name="这个群还没有消息")).to_be_visible()
    page.locator("#panel-toggle").click()
    page.get_by_text("3 次", exact=True).click()
    page.get_by_role("button", name="限流").click()
    expect(page.locator(".active")).to_contain_text("还有 3 次")
    answer = simulator.http.post("/cgi-bin/webhook/send", params={"key": KEY}, json=text("演练"))
    assert answer.json()["errcode"] == 45009
    expect(page.locator(".system summary")).to_contain_text("未收下：按设定拒绝")
    page.get_by_role("button", name="解除").click()
    expect(page.locator(".active")).to_be_empty()
    answer = simulator.http.post("/cgi-bin/webhook/send", params={"key": KEY}, json=text("恢复"))
    assert answer.json()["errcode"] == 0
