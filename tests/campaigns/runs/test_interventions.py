"""What staff do to a run: told first, audited, scoped (S1), within what the rows must keep (C1, C3)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Notice, Team
from apps.campaigns.enums import EntryState, Repeat, RunAction, RunState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Entry, Run, RunStock
from apps.campaigns.services.engine import act, open_entry
from apps.campaigns.services.expiring import expire_due_entries
from apps.campaigns.services.runs import (
    actions_for,
    cancel_run,
    change_stock,
    consequences,
    end_run_early,
    extend_run,
    open_now,
    pause_run,
    resume_run,
    set_budget,
)
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.members.models import Member
from tests.campaigns.runs.conftest import FRIDAY, beat

HOUR = timedelta(hours=1)


@pytest.fixture
def make_member(db):
    def make(number: int) -> Member:
        return Member.objects.create(nickname=f"成员{number}", phone=f"+86138{number:08d}")

    return make


@pytest.fixture
def start(open_run, make_member):
    """Open an entry of a new member at ``now``."""

    def go(number: int, now=FRIDAY + HOUR, run=open_run) -> Entry:
        outcome = open_entry(
            run_id=run.pk, member_id=make_member(number).pk, params={}, key=f"start-{number}", now=now
        )
        return Entry.objects.get(pk=outcome.entry_id)

    return go


def audits(action):
    return AuditEntry.objects.filter(action=action)


def test_a_paused_run_takes_nobody_and_its_clock_goes_on(open_run, start, make_member, chief):
    entry = start(1)
    pause_run(run=open_run, actor=chief, now=FRIDAY + HOUR, reason="奖品没到")
    with pytest.raises(Refused) as refusal:
        start(2)
    assert refusal.value.code == "paused"
    open_run.refresh_from_db()
    said = consequences(run=open_run, action=RunAction.RESUME, now=FRIDAY + 71 * HOUR)
    assert said[0] == "成员马上可以继续参与，离结束还有 1 小时。"
    resume_run(run=open_run, actor=chief, now=FRIDAY + 2 * HOUR)
    act(code=entry.code, verb="help", member_id=make_member(3).pk, params={}, key="h", now=FRIDAY + 3 * HOUR)
    assert audits("run.pause").get().reason == "奖品没到"
    assert audits("run.resume").get().actor == chief
    pause_run(run=open_run, actor=chief, now=FRIDAY + 4 * HOUR)
    beat(open_run.closes_at)
    open_run.refresh_from_db()
    assert open_run.state == RunState.CLOSED


def test_pausing_says_what_it_brings(open_run, start):
    start(1)
    start(2, now=FRIDAY - timedelta(seconds=0))
    assert consequences(run=open_run, action=RunAction.PAUSE, now=FRIDAY + 2 * HOUR) == [
        "成员马上不能发起和参与，页面写“已暂停”；付款中的订单仍可付完。",
        "计时不停：本期仍在 3月9日 周一 20:00 结束，暂停的时间不会补。",
        "进行中的 2 单照常到期，其中 0 单在 24 小时内。",
    ]


def test_ending_early_lets_nobody_in_after(open_run, start, chief):
    start(1)
    end_run_early(run=open_run, actor=chief, now=FRIDAY + 2 * HOUR, reason="送完了")
    open_run.refresh_from_db()
    assert (open_run.state, open_run.closes_at) == (RunState.CLOSED, FRIDAY + 2 * HOUR)
    with pytest.raises(Refused) as refusal:
        start(2, now=FRIDAY + 3 * HOUR)
    assert refusal.value.code == "ended"
    assert audits("run.close").get().reason == "送完了"
    with pytest.raises(WrongState):
        end_run_early(run=open_run, actor=chief, now=FRIDAY + 3 * HOUR)


def test_extending_carries_along_what_would_have_ended_with_the_run(open_run, start, make_campaign, chief):
    early = start(1, now=FRIDAY)  # 72 hours: exactly to the end
    late = start(2, now=FRIDAY + 5 * HOUR)  # cut by the end
    short = start(3, now=FRIDAY)
    Entry.objects.filter(pk=short.pk).update(expires_at=FRIDAY + 10 * HOUR)
    over = start(4, now=FRIDAY)
    Entry.objects.filter(pk=over.pk).update(state=EntryState.FAILED, ended_at=FRIDAY + HOUR)
    later = open_run.closes_at + timedelta(days=5)
    said = consequences(run=open_run, action=RunAction.EXTEND, now=FRIDAY + HOUR, closes_at=later)
    assert said[0] == "2 张跟着本期结束的参与单一起延长；自己限时更早的不变。"
    assert "两期会重叠" in said[-1]
    assert extend_run(run=open_run, closes_at=later, actor=chief, now=FRIDAY + 6 * HOUR) == 2
    for entry in (early, late, short, over):
        entry.refresh_from_db()
    assert early.expires_at == late.expires_at == later
    assert short.expires_at == FRIDAY + 10 * HOUR
    assert over.expires_at == FRIDAY + timedelta(days=3)
    open_run.refresh_from_db()
    assert open_run.closes_at == later
    assert audits("run.extend").get().detail["after"] == later.isoformat()
    for wrong in (later, FRIDAY):
        with pytest.raises(Invalid):
            extend_run(run=open_run, closes_at=wrong, actor=chief, now=FRIDAY + 6 * HOUR)


def test_stock_is_never_taken_below_what_is_sold(open_run, chief):
    RunStock.objects.filter(run=open_run).update(stock=10, sold=4, reserved=2)
    assert change_stock(run=open_run, by=5, actor=chief, now=FRIDAY).stock == 15
    assert change_stock(run=open_run, by=-9, actor=chief, now=FRIDAY).stock == 6
    with pytest.raises(Invalid) as refusal:
        change_stock(run=open_run, by=-1, actor=chief, now=FRIDAY)
    assert "6 份" in str(refusal.value)
    assert [entry.detail["stock"] for entry in audits("run.stock").order_by("id")] == [15, 6]


def test_unlimited_stock_needs_no_change(open_run, chief):
    with pytest.raises(WrongState):
        change_stock(run=open_run, by=5, actor=chief, now=FRIDAY)


def test_a_budget_is_never_set_below_what_was_granted(open_run, chief):
    RunStock.objects.filter(run=open_run).update(granted_cost=Decimal("120.50"))
    assert set_budget(run=open_run, budget=Decimal("120.50"), actor=chief, now=FRIDAY).budget == Decimal(
        "120.50"
    )
    with pytest.raises(Invalid):
        set_budget(run=open_run, budget=Decimal("120.49"), actor=chief, now=FRIDAY)
    with pytest.raises(Invalid):
        set_budget(run=open_run, budget=Decimal("200.001"), actor=chief, now=FRIDAY)
    assert set_budget(run=open_run, budget=None, actor=chief, now=FRIDAY).budget is None
    assert audits("run.budget").count() == 2


def test_a_closed_run_may_still_get_budget_but_nothing_else(open_run, chief):
    beat(open_run.closes_at)
    open_run.refresh_from_db()
    assert actions_for(open_run, chief) == [RunAction.BUDGET]
    set_budget(run=open_run, budget=Decimal("900.00"), actor=chief, now=open_run.closes_at)
    with pytest.raises(WrongState):
        change_stock(run=open_run, by=1, actor=chief, now=open_run.closes_at)


def test_every_action_says_its_consequences(open_run):
    for action in RunAction:
        said = consequences(run=open_run, action=action, now=FRIDAY)
        assert said
        assert all(line.endswith("。") for line in said)


INTERVENTIONS = {
    "pause": lambda run, who: pause_run(run=run, actor=who, now=FRIDAY),
    "end": lambda run, who: end_run_early(run=run, actor=who, now=FRIDAY + HOUR),
    "extend": lambda run, who: extend_run(
        run=run, closes_at=datetime(2027, 1, 1, tzinfo=UTC), actor=who, now=FRIDAY
    ),
    "stock": lambda run, who: change_stock(run=run, by=1, actor=who, now=FRIDAY),
    "budget": lambda run, who: set_budget(run=run, budget=None, actor=who, now=FRIDAY),
    "cancel": lambda run, who: cancel_run(run=run, actor=who, now=FRIDAY),
}


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_nobody_without_the_permission_or_from_another_team(open_run, make_user, team, name):
    may_not = make_user("editor", Role.CONTENT_EDITOR, team)
    elsewhere = make_user("far", Role.CONTENT_EDITOR, Team.objects.create(name="华南组"))
    elsewhere.user_permissions.add(Permission.objects.get(codename="launch_campaign"))
    before = AuditEntry.objects.count()
    assert actions_for(open_run, may_not) == []
    for who in (may_not, elsewhere):
        with pytest.raises(NotAllowed):
            INTERVENTIONS[name](open_run, who)
    assert AuditEntry.objects.count() == before


def test_entries_end_at_their_time_and_one_that_fails_keeps_no_other(open_run, launched, start, chief):
    broken = open_now(campaign=launched(title="坏的", repeat=Repeat.ON_DEMAND), actor=chief, now=FRIDAY)
    stuck, due, later = start(1, run=broken), start(2), start(3)
    Entry.objects.filter(pk__in=[stuck.pk, due.pk]).update(expires_at=FRIDAY + 2 * HOUR)
    Run.objects.filter(pk=broken.pk).update(plan={"rules": {"stages": []}}, revision=9)
    assert expire_due_entries(now=FRIDAY + 2 * HOUR - timedelta(seconds=1)) == 0
    assert expire_due_entries(now=FRIDAY + 2 * HOUR, batch=1) == 1
    assert expire_due_entries(now=FRIDAY + 2 * HOUR) == 0
    states = dict(Entry.objects.values_list("pk", "state"))
    assert states == {stuck.pk: EntryState.OPEN, due.pk: EntryState.FAILED, later.pk: EntryState.OPEN}
    assert Notice.objects.filter(user=chief, text__contains=stuck.code).count() == 1


@pytest.mark.parametrize(
    "until", [datetime(9999, 12, 31, 23, 59, tzinfo=UTC), FRIDAY + timedelta(days=400)], ids=["far", "year"]
)
def test_an_end_beyond_a_year_is_refused_as_a_slip(open_run, chief, until):
    """A mistyped year would leave a run whose end no page can reckon with."""
    with pytest.raises(Invalid) as refusal:
        extend_run(run=open_run, closes_at=until, actor=chief, now=FRIDAY + HOUR)
    assert refusal.value.code == "too_late"
    assert refusal.value.field == "closes_at"
    assert (
        extend_run(run=open_run, closes_at=FRIDAY + timedelta(days=366), actor=chief, now=FRIDAY + HOUR) == 0
    )


def test_stock_beyond_what_a_row_holds_is_refused(open_run, chief):
    """C1."""
    RunStock.objects.filter(run=open_run).update(stock=2_000_000_000)
    with pytest.raises(Invalid) as refusal:
        change_stock(run=open_run, by=1_000_000_000, actor=chief, now=FRIDAY + HOUR)
    assert refusal.value.field == "by"
    assert RunStock.objects.get(run=open_run).stock == 2_000_000_000
