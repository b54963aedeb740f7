"""目标: progress, forecast and standing from the rollups."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.enums import Standing
from apps.analytics.models import Goal
from apps.analytics.selectors.goals import why
from apps.analytics.selectors.periods import month_of
from apps.analytics.services.goals import copy_goals, read_goals
from apps.analytics.services.rolling import rebuild
from apps.core.errors import Invalid, NotAllowed
from apps.groups.enums import GroupKind
from apps.groups.models import Group
from tests.analytics.facts import at, fact, record_facts

NOW = at("2026-03-21 12:00")
MARCH = {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 3, 31)}


def pay(day, value, member=1, **fields):
    return fact("order.paid", f"2026-03-{day:02d} 10:00", member_id=member, value=value, **fields)


def read(goal, now=NOW):
    rebuild(now=now)
    read_goals(now=now)
    goal.refresh_from_db()
    return goal


@pytest.fixture
def hundred_a_day(team):
    """¥100 every day of the team up to yesterday, by another member each day."""
    record_facts(*(pay(day, 100, member=day, team_id=team.pk) for day in range(1, 21)))


def revenue(team, target):
    return Goal.objects.create(metric="revenue", target=target, team=team, **MARCH)


def test_a_sum_is_forecast_at_its_pace(team, hundred_a_day):
    """20 days of ¥100; 11 days to come (today among them) make it ¥3,100."""
    goal = read(revenue(team, 3000))
    assert (goal.value, goal.forecast, goal.low, goal.high) == (2000, 3100, 3100, 3100)
    assert goal.standing == Standing.AHEAD
    assert goal.track[-1] == ["2026-03-21", 2000]
    assert len(goal.track) == 21


@pytest.mark.parametrize(
    ("target", "standing"), [(2000, Standing.REACHED), (3100, Standing.AHEAD), (4000, Standing.BEHIND)]
)
def test_the_standing_follows_the_interval(team, hundred_a_day, target, standing):
    goal = read(revenue(team, target))
    assert goal.standing == standing
    assert why(goal, str, now=NOW)
    if standing == Standing.BEHIND:
        assert str((Decimal(2000)) / 11)[:6] in why(goal, str, now=NOW)


def test_over_and_not_begun(team, hundred_a_day):
    goal = read(revenue(team, 2001), at("2026-04-02 09:00"))
    assert (goal.standing, goal.forecast) == (Standing.MISSED, 2000)
    early = Goal.objects.create(
        metric="revenue", target=5, team=team, starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 2)
    )
    assert read(early).standing == Standing.COMING


def test_distinct_members_do_not_add_up_from_days(team):
    """Two members buy every day: nobody's second order is missed, and 100 % buy again at the end."""
    record_facts(*(pay(day, 50, member=m, team_id=team.pk) for day in range(1, 21) for m in (1, 2)))
    goal = read(Goal.objects.create(metric="repurchase_rate", target=Decimal("0.5"), team=team, **MARCH))
    assert goal.value == 1
    assert goal.forecast == pytest.approx(Decimal(1), abs=Decimal("0.01"))


def test_groups_count_their_own_facts_only(team, hundred_a_day):
    group = Group.objects.create(name="一群", kind=GroupKind.VIP, team=team)
    record_facts(pay(3, 70, team_id=team.pk, group_id=group.pk))
    goal = Goal.objects.create(metric="revenue", target=700, group=group, **MARCH)
    assert read(goal).value == 70


def test_a_world_without_facts_says_nothing(team):
    goal = read(revenue(team, 10))
    assert (goal.value, goal.standing) == (0, Standing.BEHIND) or goal.standing == Standing.UNCLEAR
    share = read(Goal.objects.create(metric="repurchase_rate", target=Decimal("0.5"), team=team, **MARCH))
    assert (share.value, share.forecast, share.standing) == (None, None, Standing.UNCLEAR)
    gone = read(Goal.objects.create(metric="no_such_metric", target=1, team=team, **MARCH))
    assert gone.standing == Standing.UNCLEAR


def test_a_month_is_copied_once_with_what_one_may_see(team, make_user, django_assert_max_num_queries):
    other = Team.objects.create(name="华南组")
    mine = Goal.objects.create(metric="revenue", target=1000, team=team, **MARCH)
    Goal.objects.create(metric="revenue", target=9, team=other, **MARCH)
    Goal.objects.create(
        metric="average_order", target=60, team=team, starts_on=date(2026, 3, 30), ends_on=date(2026, 3, 30)
    )
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    made = copy_goals(month=month_of(date(2026, 3, 9)), actor=operator, now=NOW, percent=110)
    assert {(goal.metric, goal.target, goal.starts_on, goal.ends_on, goal.team) for goal in made} == {
        ("revenue", Decimal("1100.0000"), date(2026, 4, 1), date(2026, 4, 30), mine.team),
        ("average_order", Decimal("66.0000"), date(2026, 4, 30), date(2026, 4, 30), team),
    }
    assert copy_goals(month=month_of(date(2026, 3, 9)), actor=operator, now=NOW) == []
    with pytest.raises(NotAllowed):
        copy_goals(
            month=month_of(date(2026, 3, 9)), actor=make_user("service", Role.MEMBER_SERVICE, team), now=NOW
        )


def test_a_copy_that_no_column_holds_is_refused_or_as_large_as_can_be(team, make_user):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    Goal.objects.create(metric="revenue", target=Decimal(500000000000), team=team, **MARCH)
    (made,) = copy_goals(month=month_of(date(2026, 3, 9)), actor=operator, now=NOW, percent=1000)
    assert made.target == Decimal("999999999999.9999")
    last = {"starts_on": date(2099, 12, 1), "ends_on": date(2099, 12, 31)}
    Goal.objects.create(metric="revenue", target=1, team=team, **last)
    with pytest.raises(Invalid):
        copy_goals(month=month_of(date(2099, 12, 9)), actor=operator, now=NOW)


@pytest.mark.parametrize(
    "wrong", [{"target": 0}, {"ends_on": date(2026, 2, 1)}, {"group": "group"}, {"target": 20}]
)
def test_the_table_refuses_what_cannot_be(team, wrong):
    """The last one: the same subject, metric and period a second time."""
    group = Group.objects.create(name="一群", kind=GroupKind.VIP, team=team)
    Goal.objects.create(metric="revenue", target=10, team=team, **MARCH)
    fields = {"metric": "revenue", "target": 5, "team": team, **MARCH, **wrong}
    if wrong.get("group"):
        fields |= {"group": group, "ends_on": date(2026, 3, 30)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Goal(**fields).save()


def test_goals_of_other_teams_are_not_seen(team, make_user):
    other = Team.objects.create(name="华南组")
    group = Group.objects.create(name="一群", kind=GroupKind.VIP, team=team)
    seen = [
        Goal.objects.create(metric="revenue", target=1, team=team, **MARCH),
        Goal.objects.create(metric="revenue", target=1, group=group, **MARCH),
    ]
    Goal.objects.create(metric="revenue", target=1, team=other, **MARCH)
    Goal.objects.create(metric="revenue", target=1, **MARCH)  # the whole house
    assert set(Goal.objects.visible_to(make_user("operator", Role.GROUP_OPERATOR, team))) == set(seen)
    assert Goal.objects.visible_to(make_user("boss", Role.ARCHITECT)).count() == 4


def test_the_page_reads_no_more_for_more_goals(
    client, make_user, team, hundred_a_day, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    client.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    rebuild(now=NOW)
    today = date.today()
    counts = []
    for number in (1, 3):
        for n in range(number):
            Goal.objects.get_or_create(
                metric="revenue",
                team=team,
                starts_on=today - timedelta(days=n),
                ends_on=today + timedelta(days=9),
                defaults={"target": 10},
            )
        with CaptureQueriesContext(
            connection,
        ) as caught:
            answer = client.get(reverse("admin:analytics_goals"))
        assert answer.status_code == 200
        assert answer.content.decode().count('data-testid="goal"') == number
        counts.append(len(caught))
    assert counts[1] <= counts[0]


def test_the_form_takes_percent_and_keeps_the_house_for_those_who_see_it(client, make_user, team):
    from django.urls import reverse

    client.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    filled = {
        "metric": "repurchase_rate", "target": "25", "starts_on": "2026-03-01", "ends_on": "2026-03-31",
        "team": "", "group": "", "campaign": "", "run": "", "owner": "", "note": "",
    }  # fmt: skip
    refused = client.post(reverse("admin:analytics_goal_add"), filled)
    assert refused.status_code == 200
    assert "选一个你所在的团队" in refused.content.decode()
    saved = client.post(reverse("admin:analytics_goal_add"), {**filled, "team": team.pk})
    assert saved.status_code == 302
    goal = Goal.objects.get()
    assert goal.target == Decimal("0.25")
    assert 'value="25"' in client.get(goal.get_absolute_url()).content.decode()
