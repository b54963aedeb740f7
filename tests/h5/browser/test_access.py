"""Every kind of page for everybody: axe finds nothing serious, nothing is wider than a small phone with large text,
in both languages, and no page breaks its policy (S6; the phones' own failures)."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.h5.browser.phone import Phone
from tests.h5.browser.places import Places, furnish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
#: Without what is no fault by itself: the rules that need a person's judgement give no violation anyway.
AXE = {"resultTypes": ["violations"]}


def walk(places: Places, phone, **options) -> Iterator[tuple[Phone, str]]:
    """Each page once per viewer it differs for, on their phone; log-in goes as far as the code."""
    viewers = (
        (None, places.closed),
        (places.owner, places.own + places.common),
        (places.friend, places.common[3:]),
    )
    for member, paths in viewers:
        one = phone(**options)
        if member is not None:
            one.belongs_to(member)
        for path in paths:
            one.page.goto(path)
            yield one, path
            if path == "/m/login/":
                one.page.locator("#phone").fill(one.number)
                one.page.get_by_role("checkbox").check()
                one.page.get_by_test_id("send").tap()
                expect(one.page.locator("#code")).to_be_visible()
                yield one, "code"


def serious(page: Page) -> list[str]:
    found = Axe().run(page, options=AXE).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:240]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def test_axe_finds_nothing_serious_on_any_page(phone) -> None:
    faults = {}
    for one, path in walk(furnish(), phone):
        if found := serious(one.page):
            faults[f"{path} {one.page.title()}"] = found
    assert faults == {}


@pytest.mark.parametrize(("language", "lang"), [("zh-CN", "zh-hans"), ("en-US", "en")])
def test_nothing_is_wider_than_a_small_phone_with_large_text(phone, language, lang) -> None:
    too_wide = []
    for one, path in walk(furnish(), phone, language=language, size=(360, 740)):
        assert one.page.locator("html").get_attribute("lang") == lang
        one.page.evaluate("document.documentElement.style.fontSize = '200%'")
        if (width := one.page.evaluate("document.documentElement.scrollWidth")) > 360:
            too_wide.append((path, width, one.page.evaluate(WIDEST)))
    assert too_wide == []


#: The elements that stick out, innermost last, to say where to look.
WIDEST = """() => [...document.querySelectorAll("main *, body > *")]
    .filter(e => e.getBoundingClientRect().right > 361).slice(-3).map(e => e.outerHTML.slice(0, 120))"""
