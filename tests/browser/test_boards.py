"""The boards of content, campaigns, groups, staff and liabilities in a real browser, over a small world."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from apps.accounts.models import Team, User
from apps.analytics.services.rolling import rebuild
from apps.campaigns.models import Run
from apps.core.clock import database_now
from apps.groups.models import Group
from tests.analytics.facts import fact, record_facts
from tests.campaigns.factories import make_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def runs(_roles) -> list[Run]:
    """Two runs with a sale each, and one group with a member and a message."""
    now = database_now()
    team = Team.objects.create(name="华东")
    group = Group.objects.create(name="吃货群", kind="vip", team=team)
    found = [make_run("assist", opens_at=now - timedelta(days=days)) for days in (9, 3)]
    named = {"team_id": team.pk, "group_id": group.pk, "member_id": 1}
    facts = [
        fact("group.joined", now - timedelta(days=9), **named),
        fact("member.messaged", now - timedelta(hours=2), **named),
        fact("post.sent", now - timedelta(hours=3), team_id=team.pk, subject=f"post:1:{group.pk}:1:1"),
        fact("points.changed", now, team_id=team.pk, member_id=1, value=30, data={"reason": "campaign"}),
    ]
    for run in found:
        run.campaign.team = team
        run.campaign.save()
        about = {"team_id": team.pk, "data": {"run": run.pk, "campaign": run.campaign_id}}
        facts += [
            fact("campaign.entered", now - timedelta(days=2), member_id=1, **about),
            fact("order.paid", now - timedelta(days=1), member_id=1, value=50, **about),
        ]
    record_facts(*facts)
    rebuild(now=now)
    return found


def test_the_boards_are_drawn_compared_and_followed(open_as, runs):
    architect = User.objects.create_superuser("architect", password="pass-word-1")
    page = open_as(architect, "/admin/analytics/content/?preset=30d")
    expect(page.locator("[data-chart=heat]")).to_have_attribute("data-drawn", "yes")
    page.get_by_role("link", name="发出消息", exact=True).last.click()
    expect(page.get_by_test_id("chart-heat")).to_contain_text("发出消息")

    page.goto("/admin/analytics/campaigns/?preset=30d")
    expect(page.locator("[data-chart=pays]")).to_have_attribute("data-drawn", "yes")
    form = page.get_by_test_id("pick")
    for number, run in enumerate(runs, 1):
        form.locator(f"[name=pick{number}]").select_option(str(run.pk))
    form.get_by_role("button").click()
    expect(page.locator("[data-chart=pace]")).to_have_attribute("data-drawn", "yes")
    expect(page.get_by_test_id("chart-beside")).to_contain_text("¥50.00")
    page.get_by_test_id("chart-runs").get_by_role("link", name="¥50.00").first.click()
    expect(page.get_by_text("成交额").first).to_be_visible()

    page.goto("/admin/analytics/groups/?preset=30d")
    expect(page.locator("[data-chart=matrix]")).to_have_attribute("data-drawn", "yes")
    page.get_by_test_id("chart-groups").get_by_role("link", name="吃货群").click()
    expect(page.get_by_test_id("chart-score")).to_contain_text("活跃")


def test_every_board_fits_a_phone(open_as, runs):
    architect = User.objects.create_superuser("architect", password="pass-word-1")
    page = open_as(architect, "/admin/analytics/liabilities/", width=390)
    expect(page.locator("[data-chart=points]")).to_have_attribute("data-drawn", "yes")
    for key in ("liabilities", "content", "campaigns", "groups", "staff"):
        page.goto(f"/admin/analytics/{key}/")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), key
