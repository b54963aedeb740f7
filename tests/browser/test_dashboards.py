"""Every dashboard in a real browser: charts are drawn, nothing is wider than the phone, in both languages."""

import pytest
from playwright.sync_api import expect

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.analytics.admin.board.routes import all_pages
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from tests.analytics.boards import staff
from tests.analytics.facts import fact, record_facts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def analyst(_roles) -> User:
    return staff("analyst", Role.ANALYST, Team.objects.create(name="华东组"))


@pytest.fixture
def small_world(analyst) -> None:
    """Six members came and acted today, three of them bought."""
    now = database_now()
    team = Team.objects.get().pk
    for member in range(1, 7):
        own = {"member_id": member, "team_id": team}
        record_facts(
            fact("group.joined", now, group_id=1, source="海报", **own), fact("page.viewed", now, **own)
        )
        if member % 2:
            record_facts(fact("order.paid", now, value=20 * member, **own))
    rebuild(now=now)


def look(page, key: str) -> None:
    """One visit, looked at on a phone and on a desk."""
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"/admin/analytics/{key}/")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        is_wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not is_wider, f"{key} is wider than {width}"
    for box in page.locator("[data-chart]").all():
        expect(box).to_have_attribute("data-drawn", "yes")
        assert box.locator("canvas").count(), f"{key}: a chart is empty"


def test_every_page_is_drawn(open_as, analyst, small_world):
    page = open_as(analyst, "/admin/analytics/overview/", dark=True)
    for key, one in all_pages().items():
        if analyst.has_perm(one.permission):
            look(page, key)


def test_every_page_of_an_empty_world_in_english(open_as, analyst):
    page = open_as(analyst, "/admin/analytics/overview/", width=390)
    page.evaluate(
        """async () => {
          const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
          const body = new URLSearchParams({language: "en", csrfmiddlewaretoken: token});
          await fetch("/i18n/setlang/", {method: "POST", body});
        }"""
    )
    for key, one in all_pages().items():
        if analyst.has_perm(one.permission):
            look(page, key)
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_link_is_made_copied_and_opened_by_a_stranger(open_as, analyst, small_world, browser, live_server):
    operator = staff("operator", Role.GROUP_OPERATOR, Team.objects.get())
    page = open_as(operator, "/admin/analytics/overview/")
    # The picture of a chart is a file; its numbers are behind it for who does not see it.
    with page.expect_download() as download:
        page.locator("[data-png=people]").click()
    assert download.value.suggested_filename.endswith(".png")
    page.get_by_test_id("chart-people").locator("summary").click()
    expect(page.locator("#an-table-people tbody tr").last).to_contain_text("6")
    page.get_by_test_id("share").locator("summary").click()
    page.get_by_test_id("share").locator("button").click()
    link = page.locator("[data-link]").input_value()
    stranger = browser.new_page()
    failures: list[str] = []
    stranger.on("pageerror", lambda error: failures.append(str(error)))
    stranger.goto(link)
    expect(stranger.locator("[data-metric=joins] b")).to_have_text("6")
    expect(stranger.locator("[data-chart=people]")).to_have_attribute("data-drawn", "yes")
    assert stranger.locator("main a, [data-png]").count() == 0
    stranger.close()
    assert failures == []


def test_the_wall_follows_without_a_reload(open_as, analyst, small_world):
    page = open_as(analyst, "/admin/analytics/wall/")
    expect(page.locator("[data-metric=joins] b")).to_have_text("6")
    page.evaluate("window.notReloaded = true")
    now = database_now()
    record_facts(fact("group.joined", now, group_id=1, member_id=9, team_id=Team.objects.get().pk))
    rebuild(now=now)
    page.evaluate("analyticsBoard.refresh()")
    expect(page.locator("[data-metric=joins] b")).to_have_text("7")
    page.route("**/admin/analytics/wall/", lambda route: route.abort())
    page.evaluate("analyticsBoard.refresh()")
    expect(page.locator("[data-stale]")).to_be_visible()
    assert page.evaluate("window.notReloaded")
