"""活动对比: a small world by hand; runs together count a member once; nobody sees another team's."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.admin.board.side_by_side import ratio
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.runs import compared, of_runs, reach_by_day
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.campaigns.models import Run
from apps.core.clock import database_now
from tests.analytics.facts import at, fact, record_facts
from tests.campaigns.factories import make_run

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
KEYS = ("participants", "entries", "invited", "k_factor", "success_rate", "revenue", "reward_cost", "roi")

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(make_user) -> list[Run]:
    """Two runs of one campaign of the east and one of the west. Members 1 and 2 enter the first, 2 and 3 the second."""
    east, west = Team.objects.create(name="华东"), Team.objects.create(name="华西")
    first = make_run("assist", opens_at=at("2026-03-01 00:00"))
    second = make_run("assist", opens_at=at("2026-03-10 00:00"), campaign=first.campaign)
    other = make_run("assist", opens_at=at("2026-03-01 00:00"))
    for run, team in ((first, east), (second, east), (other, west)):
        run.campaign.team = team
        run.campaign.save()

    def of(run: Run, kind: str, day: int, member: int, value=None, /, **data):
        names = {"run": run.pk, "campaign": run.campaign_id, **data}
        return fact(
            kind, f"2026-03-{day:02d} 10:00", member_id=member, value=value, team_id=run.campaign.team_id,
            data=names,
        )  # fmt: skip

    new = {"kind": "help", "is_new": True, "owner": 1}
    record_facts(
        of(first, "campaign.entered", 1, 1), of(first, "campaign.entered", 2, 2),
        of(first, "campaign.contributed", 2, 7, **new), of(first, "campaign.contributed", 2, 8, **new),
        of(first, "campaign.contributed", 3, 9, **new), of(first, "campaign.succeeded", 3, 1),
        of(first, "campaign.failed", 3, 2), of(first, "order.paid", 3, 7, 90), of(first, "order.refunded", 4, 7, 10),
        of(first, "benefit.granted", 3, 1, 20, kind="coupon", quantity=1),
        of(second, "campaign.entered", 10, 2), of(second, "campaign.entered", 10, 3), of(second, "order.paid", 11, 3, 5),
        of(other, "campaign.entered", 5, 4), of(other, "order.paid", 5, 4, 1000),
    )  # fmt: skip
    rebuild(now=database_now())
    return [first, second, other]


def metrics():
    return [all_metrics()[key] for key in KEYS]


def test_figures_by_hand_and_members_of_several_runs_count_once(runs):
    first, second, _other = runs
    found = compared(metrics(), scope=Scope(frozenset({first.campaign.team_id})), period=MARCH)
    assert [run.pk for run, _figures in found.runs] == [second.pk, first.pk]
    figures = {run.pk: one for run, one in found.runs}[first.pk]
    assert {key: figures[key].value for key in KEYS} == {
        "participants": 2, "entries": 2, "invited": 3, "k_factor": 1.5, "success_rate": 0.5, "revenue": Decimal(80),
        "reward_cost": Decimal(20), "roi": Decimal(3),
    }  # fmt: skip
    together = found.mechanics[first.mechanic]
    assert (together["participants"].value, together["entries"].value) == (3, 4)
    assert together["revenue"].value == Decimal(85) == found.total["revenue"].value
    assert together["k_factor"].value == 1  # three new ones, three people who entered


def test_a_run_is_read_over_its_whole_time(runs):
    first, second, _other = runs
    scope = Scope(frozenset({first.campaign.team_id}))
    found = of_runs(metrics(), [first, second], scope=scope, today=date(2026, 4, 20))
    assert found[second.pk]["participants"].value == 2
    assert found[second.pk]["k_factor"].value == 0
    reached = reach_by_day([first, second], scope=scope, today=date(2026, 3, 11), days=3)
    assert reached == {first.pk: [1, 2, 2], second.pk: [2, 2, None]}


def test_a_ratio_of_counts_by_hand():
    low, high = ratio(200, 100)
    # ln 2 ± 1.96 √(1/200 + 1/100)
    assert (round(low, 3), round(high, 3)) == (1.573, 2.543)
    assert ratio(0, 5) is None
    assert ratio(5, 0) is None


def test_the_page_shows_one_teams_runs_side_by_side_and_run_by_run(client, runs, make_user):
    first, second, other = runs
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, first.campaign.team))
    address = reverse("admin:analytics_campaigns")
    month = {"from": "2026-03-01", "to": "2026-03-31"}
    answer = client.get(address, {**month, "pick1": first.pk, "pick2": second.pk, "pick3": other.pk})
    charts = answer.context_data["charts"]
    assert [row[0].text for row in charts["runs"].table.rows] == [str(second), str(first)]
    assert [str(column.label) for column in charts["beside"].table.columns][1:] == [str(first), str(second)]
    assert "run" in charts["runs"].table.rows[0][1].url
    assert "¥1,000.00" not in answer.text
    page = client.get(address, {**month, "campaign": first.campaign_id})
    assert [len(row) for row in page.context_data["charts"]["each_run"].table.rows] == [14, 14]
