"""Holdout: who is in it, whom it keeps out, and that the lift which is known comes out again."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.accounts.enums import Role
from apps.analytics.selectors.lift import lift_of
from apps.campaigns.enums import RunState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Campaign
from apps.campaigns.selectors.holdout import HELD_OUT_SQL, is_held_out
from apps.campaigns.selectors.pages import page_of_run
from apps.campaigns.services.runs.freezing import freeze_plan
from apps.groups.models import Group, Membership
from apps.members.models import Member
from tests.analytics.facts import fact, record_facts
from tests.campaigns.factories import make_member, make_members, make_run
from tests.campaigns.play import play, start

pytestmark = pytest.mark.django_db


def known(run, members):
    """They were members long before the run opened."""
    Member.objects.filter(pk__in=[one.pk for one in members]).update(
        created_at=run.opens_at - timedelta(days=9)
    )


def sides(run, members):
    percent = run.plan["holdout_percent"]
    held = [m for m in members if is_held_out(campaign_id=run.campaign_id, member_id=m.pk, percent=percent)]
    return [m for m in members if m not in held], held


def test_python_and_sql_hold_out_the_same_members_and_as_many_as_asked():
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT n FROM generate_series(1, 5000) AS n WHERE {HELD_OUT_SQL.format(member='n')}",
            {"campaign": 17, "percent": 10},
        )
        found = [n for (n,) in cursor.fetchall()]
    assert found == [n for n in range(1, 5001) if is_held_out(campaign_id=17, member_id=n, percent=10)]
    assert 430 < len(found) < 570
    larger = {n for n in range(1, 5001) if is_held_out(campaign_id=17, member_id=n, percent=20)}
    assert set(found) < larger
    assert not any(is_held_out(campaign_id=17, member_id=n, percent=0) for n in range(1, 500))


def test_the_held_out_are_kindly_refused_and_nobody_new_is():
    run = make_run("assist", holdout_percent=20)
    old = make_members(40)
    known(run, old)
    treated, held = sides(run, old)
    assert treated
    assert held
    entry = start(run, treated[0])
    with pytest.raises(Refused) as refusal:
        start(run, held[0])
    assert refusal.value.code == "held_out"
    assert "和你的账号无关" in str(refusal.value.hint)
    with pytest.raises(Refused) as refusal:
        play(entry, "help", held[0])
    assert refusal.value.code == "held_out"
    for _n in range(12):
        newcomer = make_member()
        assert play(entry, "help", newcomer).entry_id == entry.pk if _n < 3 else start(run, newcomer)
    now = timezone.now()
    page = page_of_run(run_id=run.pk, member_id=held[0].pk, now=now)
    assert page.buttons == ()
    assert "没有对你开放" in str(page.text)
    assert page_of_run(run_id=run.pk, member_id=treated[1].pk, now=now).buttons


def test_a_run_freezes_the_holdout_and_twenty_percent_is_the_most():
    campaign = Campaign.objects.create(title="x", mechanic="assist", holdout_percent=5)
    assert freeze_plan(campaign)["holdout_percent"] == 5
    campaign.holdout_percent = 21
    with pytest.raises(ValidationError):
        campaign.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        campaign.save()


@pytest.fixture
def world(team):
    """400 members of a group; those to whom the run is open buy for 30 yuan more on average, half of the time."""
    now = timezone.now()
    run = make_run("assist", holdout_percent=20, opens_at=now - timedelta(days=20))
    type(run.campaign).objects.filter(pk=run.campaign_id).update(team=team)
    group = Group.objects.create(name="一群", team=team)
    run.campaign.groups.add(group)
    members = make_members(400)
    known(run, members)
    Membership.objects.bulk_create(
        Membership(group=group, member=one, joined_at=run.opens_at - timedelta(days=5)) for one in members
    )
    treated, held = sides(run, members)
    facts = []
    for more, people in ((30, treated), (0, held)):
        for number, one in enumerate(people):
            if number % 2:  # as even as can be: who is on which side hangs on the campaign's number
                value = 10 + number * 7 % 41 + 2 * more
                facts.append(
                    fact("order.paid", run.opens_at + timedelta(days=3), member_id=one.pk, value=value)
                )
    # After the window, and by somebody who is in no group: neither counts.
    facts.append(fact("order.paid", run.opens_at + timedelta(days=16), member_id=held[0].pk, value=9_000))
    facts.append(
        fact("order.paid", run.opens_at + timedelta(days=2), member_id=make_member().pk, value=9_000)
    )
    record_facts(*facts)
    return run, treated, held


def test_the_truth_lies_in_the_interval(world):
    run, treated, held = world
    lift = lift_of(run, now=timezone.now())
    assert (lift.treated.people, lift.held.people) == (len(treated), len(held))
    assert lift.revenue.low < 30 < lift.revenue.high
    assert lift.revenue.is_certain
    assert not lift.buying.is_certain
    assert lift.gain.value == pytest.approx(lift.revenue.value * len(treated))
    assert lift.roi.value is None
    assert lift.naive_roi is None


def test_sides_of_another_size_than_planned_have_no_verdict(world):
    run, _treated, held = world
    type(run).objects.filter(pk=run.pk).update(state=RunState.SETTLED, settled_at=timezone.now())
    run.refresh_from_db()
    Membership.objects.filter(
        member__in=held[35:]
    ).delete()  # somebody takes those who complain out of the groups
    found = lift_of(run, now=timezone.now())
    assert found.is_enough
    assert found.is_final
    assert found.is_split_off
    assert not found.has_verdict


def test_the_page_says_it_and_teaches_where_there_is_none(world, make_user, team, client):
    run, _treated, _held = world
    client.force_login(make_user("lab", Role.GROUP_OPERATOR, team))
    page = client.get("/admin/analytics/lift/", {"campaign": run.campaign_id}).content.decode()
    assert "先不下结论" in page  # the run goes on
    assert "活动真的多带来了" not in page
    assert "还没到开期后" not in page  # these days are over
    type(run).objects.filter(pk=run.pk).update(state=RunState.CLOSED)
    page = client.get("/admin/analytics/lift/", {"campaign": run.campaign_id}).content.decode()
    assert "先不下结论" in page  # prizes, and with them the cost, are still to come
    type(run).objects.filter(pk=run.pk).update(state=RunState.SETTLED, settled_at=timezone.now())
    page = client.get("/admin/analytics/lift/", {"campaign": run.campaign_id}).content.decode()
    assert "活动真的多带来了" in page
    type(run).objects.filter(pk=run.pk).update(plan={**run.plan, "holdout_percent": 0})
    page = client.get("/admin/analytics/lift/", {"campaign": run.campaign_id}).content.decode()
    assert "没有留对照组" in page
    assert client.get("/admin/analytics/lift/", {"campaign": 10**9}).status_code == 404
