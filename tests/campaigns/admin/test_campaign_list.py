"""The list of campaigns: what runs now, how long still, what is left; bulk actions; a campaign's own page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.campaigns.enums import CampaignState, RunState
from apps.campaigns.models import Campaign, CampaignBenefit, Run, RunStock
from apps.campaigns.selectors.current_runs import current_of
from tests.campaigns.factories import make_run

LIST = reverse("admin:campaigns_campaign_changelist")


def act(campaign, verb):
    return reverse("admin:campaigns_campaign_act", args=[campaign.pk, verb])


@pytest.fixture
def make(team, operator):
    def call(title="周五帮一把", **fields):
        values = {"mechanic": "assist", "team": team, "owner": operator, "rules": {"stages": [3]}}
        return Campaign.objects.create(title=title, **values | fields)

    return call


@pytest.fixture
def ready(make, gift):
    """A draft with everything that a launch asks for."""
    campaign = make(
        repeat="weekly", weekdays=[4], at_time="20:00", budget=Decimal("500.00"), drafts_posts=False
    )
    CampaignBenefit.objects.create(campaign=campaign, slot="stage_3", benefit=gift)
    return campaign


def going(campaign, *, state=RunState.OPEN, stock=None, budget=None, **used):
    run = make_run(campaign.mechanic, campaign=campaign, state=state, stock=stock, budget=budget)
    RunStock.objects.filter(run=run).update(**used)
    return run


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_one_and_three(desk, make, rows, django_assert_num_queries):
    for number in range(rows):
        campaign = make(f"活动{number}", state=CampaignState.LAUNCHED)
        going(campaign)
        going(campaign, state=RunState.SCHEDULED)
    desk.get(LIST)
    with django_assert_num_queries(10):
        desk.get(LIST)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_campaigns_page_costs_the_same_for_one_and_three_runs(desk, ready, rows, django_assert_num_queries):
    Campaign.objects.update(state=CampaignState.LAUNCHED)
    for _number in range(rows):
        going(ready, state=RunState.CLOSED)
    desk.get(ready.get_absolute_url())
    with django_assert_num_queries(15):
        desk.get(ready.get_absolute_url())


def test_a_row_says_what_runs_how_long_and_what_is_left(desk, make):
    campaign = make("砍到底", mechanic="bargain", state=CampaignState.LAUNCHED)
    run = going(
        campaign,
        stock=200,
        budget=Decimal("1000.00"),
        reserved=10,
        sold=180,
        granted_cost=Decimal("950.00"),
    )
    html = desk.get(LIST).content.decode()
    assert "砍到底" in html
    assert ">砍<" in html
    assert "第 1 期 · 进行中" in html
    assert f'data-until="{run.closes_at.isoformat()}"' in html
    assert "190 / 200" in html
    assert "¥950.00 / 1,000.00" in html
    assert html.count("ca-warn") >= 2


def test_the_run_that_matters_is_the_open_one_then_the_next_then_the_last_unsettled():
    def run(state, day):
        return Run(state=state, opens_at=datetime(2026, 3, day, tzinfo=UTC))

    closed, playing, soon, later = (
        run(RunState.CLOSED, 1),
        run(RunState.PAUSED, 2),
        run(RunState.SCHEDULED, 3),
        run(RunState.SCHEDULED, 4),
    )
    assert current_of([closed, playing, soon, later]) is playing
    assert current_of([closed, soon, later]) is soon
    assert current_of([closed]) is closed
    assert current_of([]) is None


def test_nothing_there_yet_teaches_how_to_begin(desk, make):
    assert 'data-testid="empty"' in desk.get(LIST).content.decode()
    make()
    html = desk.get(LIST).content.decode()
    assert 'data-testid="empty"' not in html
    assert 'data-testid="empty"' not in desk.get(f"{LIST}?q=没有这个").content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=launched", {"乙"}),
        ("mechanic__exact=bargain", {"乙"}),
        ("q=甲", {"甲"}),
        ("q=洗衣机", {"乙"}),
    ],
)
def test_filters_and_search_find_what_operators_look_for(desk, make, query, expected):
    make("甲")
    make("乙", mechanic="bargain", state=CampaignState.LAUNCHED, product_name="洗衣机")
    shown = desk.get(f"{LIST}?{query}").context["cl"].result_list
    assert {campaign.title for campaign in shown} == expected


def test_other_teams_campaigns_are_not_listed_nor_acted_on(desk, make):
    theirs = make("别组的", team=Team.objects.create(name="华南组"), state=CampaignState.LAUNCHED)
    assert "别组的" not in desk.get(LIST).content.decode()
    desk.post(LIST, {"action": "pause", "_selected_action": [theirs.pk]})
    assert desk.post(act(theirs, "pause")).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == CampaignState.LAUNCHED


def test_bulk_pause_goes_on_past_one_that_cannot(desk, make):
    draft, launched = make("草稿"), make("上线", state=CampaignState.LAUNCHED)
    answer = desk.post(LIST, {"action": "pause", "_selected_action": [draft.pk, launched.pk]}, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert any("草稿" in text for text in said)
    assert "已暂停 1 个活动，进行中的期不受影响。" in said
    launched.refresh_from_db()
    assert launched.state == CampaignState.PAUSED


def test_bulk_clone_and_archive(desk, ready):
    desk.post(LIST, {"action": "clone", "_selected_action": [ready.pk]})
    clone = Campaign.objects.exclude(pk=ready.pk).get()
    assert clone.state == CampaignState.DRAFT
    assert clone.benefits.count() == 1
    desk.post(LIST, {"action": "archive", "_selected_action": [ready.pk]})
    ready.refresh_from_db()
    assert ready.state == CampaignState.ARCHIVED


def test_who_may_not_launch_has_no_such_actions(client, make_user, team, make):
    campaign = make(state=CampaignState.LAUNCHED)
    client.force_login(make_user("editor", Role.CONTENT_EDITOR, team))
    actions = dict(
        client.get(LIST).context["cl"].model_admin.get_action_choices(client.get(LIST).wsgi_request)
    )
    assert not {"pause", "archive"} & set(actions)
    html = client.get(campaign.get_absolute_url()).content.decode()
    assert "do-pause" not in html
    assert "do-launch" not in html
    client.post(act(campaign, "pause"))
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.LAUNCHED


def test_only_a_draft_without_runs_can_be_deleted(client, architect, make):
    client.force_login(architect)
    draft, ran = make("草稿"), make("办过")
    going(ran, state=RunState.CLOSED)
    assert client.get(reverse("admin:campaigns_campaign_delete", args=[draft.pk])).status_code == 200
    assert client.get(reverse("admin:campaigns_campaign_delete", args=[ran.pk])).status_code == 403


# --- a campaign's page ---------------------------------------------------------------------------------


def test_a_page_says_what_stops_the_launch_and_what_it_would_do(desk, make):
    html = desk.get(make(repeat="weekly").get_absolute_url()).content.decode()
    assert 'data-code="slot_empty"' in html
    assert 'data-testid="do-launch" disabled' in html


def test_launch_open_pause_resume_archive_from_the_page_each_with_its_trail(desk, ready):
    page = desk.get(ready.get_absolute_url()).content.decode()
    assert "上线后自动开期：每周五 20:00" in page
    for verb, state in (
        ("launch", CampaignState.LAUNCHED),
        ("pause", CampaignState.PAUSED),
        ("resume", CampaignState.LAUNCHED),
        ("archive", CampaignState.ARCHIVED),
    ):
        assert desk.post(act(ready, verb), {"reason": "试一试"}).url == ready.get_absolute_url()
        ready.refresh_from_db()
        assert ready.state == state
    html = desk.get(ready.get_absolute_url()).content.decode()
    assert "归档" in html
    assert html.count("试一试") >= 2
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"campaign.launch", "campaign.pause", "campaign.resume", "campaign.archive"} <= actions


def test_a_period_is_opened_by_hand_and_listed_with_its_clock(desk, ready):
    desk.post(act(ready, "launch"))
    desk.post(act(ready, "open_now"))
    run = Run.objects.get(state=RunState.OPEN)
    html = desk.get(ready.get_absolute_url()).content.decode()
    assert f'data-testid="run-{run.number}"' in html
    assert f'data-until="{run.closes_at.isoformat()}"' in html
    again = desk.post(act(ready, "open_now"), follow=True)
    assert "还在进行中" in again.content.decode()
    assert Run.objects.filter(state=RunState.OPEN).count() == 1


def test_a_clone_opens_in_the_wizard(desk, ready):
    answer = desk.post(act(ready, "clone"))
    clone = Campaign.objects.exclude(pk=ready.pk).get()
    assert answer.url == reverse("admin:campaigns_campaign_edit", args=[clone.pk])


def test_a_launched_campaign_warns_that_open_runs_keep_their_rules(desk, make):
    campaign = make(state=CampaignState.LAUNCHED)
    html = desk.get(reverse("admin:campaigns_campaign_edit", args=[campaign.pk])).content.decode()
    assert 'data-testid="later-runs"' in html


def test_actions_want_a_post_and_a_name_that_exists(desk, ready):
    assert desk.get(act(ready, "launch")).status_code == 405
    assert desk.post(act(ready, "explode")).status_code == 404


def test_rules_that_cannot_be_read_any_more_are_said_and_do_not_break_the_page(desk, make):
    campaign = make(rules={"stages": [0]})
    page = desk.get(campaign.get_absolute_url())
    assert page.status_code == 200
    assert "超出了范围" in page.content.decode()
    assert desk.get(reverse("admin:campaigns_campaign_edit", args=[campaign.pk])).status_code == 200


def test_a_countdown_without_scripts_shows_the_moment(desk, make):
    campaign = make(state=CampaignState.LAUNCHED)
    run = make_run("assist", campaign=campaign, opens_at=timezone.now() - timedelta(days=1))
    shown = timezone.localtime(run.closes_at).strftime("%m-%d %H:%M")
    assert f">{shown}</time>" in desk.get(LIST).content.decode()
