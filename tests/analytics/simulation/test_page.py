"""The page of 活动推演: from a campaign's rules to a kept forecast, and the fact beside it."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.models import Simulation
from apps.analytics.selectors.forecasts import actual_of, calibration
from apps.analytics.services.rolling import rebuild
from apps.analytics.services.simulations import repeated
from apps.campaigns.enums import RunState
from apps.campaigns.mechanics.registry import all_mechanics, get_mechanic
from apps.campaigns.models import Campaign, CampaignBenefit
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/analytics/simulator/"


@pytest.fixture
def operator(make_user, team):
    return make_user("lab", Role.GROUP_OPERATOR, team)


@pytest.fixture
def campaign(team):
    found = Campaign.objects.create(title="周末助力", mechanic="assist", team=team, budget=Decimal("200.00"))
    CampaignBenefit.objects.create(campaign=found, slot="stage_3", benefit=make_benefit(cost=Decimal("4.00")))
    return found


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name in ("RUNS", "RUNS_EACH"):
        monkeypatch.setattr(f"apps.analytics.selectors.playing.{name}", 200)


@pytest.mark.parametrize("key", sorted(all_mechanics()))
def test_every_mechanic_has_its_form_and_its_result(key, team, operator, client):
    campaign = Campaign.objects.create(title="推演", mechanic=key, team=team)
    client.force_login(operator)
    page = client.get(ADDRESS, {"campaign": campaign.pk, "audience": "500", "n": "2"})
    assert page.status_code == 200
    assert len(page.context["typed"].variants) == 2
    assert set(page.context["charts"]) == {"compare", "figures", "fan", "histogram", "tornado"}
    assert "有 8 成把握" in page.content.decode()


def test_a_forecast_is_kept_with_its_seed_and_can_be_repeated(campaign, operator, client):
    client.force_login(operator)
    query = f"campaign={campaign.pk}&audience=300&seeds=10&n=2&a.budget=50&seed=7&p.opens=10"
    answer = client.post(ADDRESS, {"query": query, "name": "首档改小"})
    kept = Simulation.objects.get()
    assert answer.url == reverse("admin:analytics_simulation", args=[kept.pk])
    assert kept.author == operator
    assert kept.seed == 7
    assert kept.team == campaign.team
    assert repeated(kept, get_mechanic("assist")) == kept.results
    assert kept.results[0]["figures"]["cost"]["p95"] <= 50
    assert kept.inputs["priors"]["opens"] == {"mean": 0.1, "cases": 40, "source": "typed", "seen": 0}
    page = client.get(answer.url)
    assert page.status_code == 200
    assert "推演之后还没有开过新的一期" in page.content.decode()


def test_what_cannot_be_read_is_said_and_nothing_is_played(campaign, operator, client):
    client.force_login(operator)
    page = client.get(
        ADDRESS,
        {"campaign": campaign.pk, "audience": "很多", "a.on": "1", "a.rule.stages": "0", "p.opens": "150"},
    )
    assert len(page.context["typed"].problems) >= 3
    assert not page.context["charts"]
    assert 'value="很多"' in page.content.decode()


def test_a_campaign_of_another_team_is_not_there(campaign, make_user, client):
    client.force_login(make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="别的团队")))
    assert client.get(ADDRESS, {"campaign": campaign.pk}).status_code == 404
    assert client.post(ADDRESS, {"query": f"campaign={campaign.pk}", "name": "x"}).status_code == 404
    assert client.get(ADDRESS).context["campaigns"] == []


def test_an_export_is_the_table_of_the_chart(campaign, operator, client):
    client.force_login(operator)
    file = client.get(ADDRESS, {"campaign": campaign.pk, "audience": "100", "export": "figures"})
    assert file.status_code == 200
    assert "新成员" in file.content.decode()


def test_a_run_after_the_forecast_is_held_against_it(campaign, operator, client):
    client.force_login(operator)
    client.post(ADDRESS, {"query": f"campaign={campaign.pk}&audience=50", "name": "预测"})
    kept = Simulation.objects.get()
    run = make_run("assist", {"stages": [1, 2]}, campaign=campaign, opens_at=kept.created_at)
    entry = start(run, make_member())
    play(entry, "help", make_member())
    play(entry, "help", make_member())
    rebuild(now=database_now())
    actual = actual_of(run)
    assert actual.values == {
        "entries": 1, "successes": 1, "cost": 0, "contributions": 2, "new_members": 2, "revenue": 0,
    }  # fmt: skip
    page = client.get(reverse("admin:analytics_simulation", args=[kept.pk]))
    assert page.context["held"].rows
    assert "还没结束" in page.content.decode()
    assert calibration(operator).simulations == 0
    type(run).objects.filter(pk=run.pk).update(state=RunState.CLOSED)
    assert calibration(operator).simulations == 0  # prizes, and with them the cost, are still to come
    type(run).objects.filter(pk=run.pk).update(state=RunState.SETTLED, settled_at=database_now())
    found = calibration(operator)
    assert found.simulations == 1
    assert found.cases == 6


def test_calibrating_more_forecasts_takes_no_more_queries(campaign, operator, client):
    client.force_login(operator)
    assert calibration(operator).simulations == 0
    used = []
    for number in (1, 2, 3):
        client.post(ADDRESS, {"query": f"campaign={campaign.pk}&audience=50", "name": f"预测 {number}"})
        opens_at = Simulation.objects.latest("created_at").created_at
        run = make_run("assist", campaign=campaign, opens_at=opens_at)
        type(run).objects.filter(pk=run.pk).update(state=RunState.SETTLED, settled_at=database_now())
        with CaptureQueriesContext(connection) as queries:
            assert calibration(operator).simulations == number
        used.append(len(queries))
    assert used[0] == used[2]
