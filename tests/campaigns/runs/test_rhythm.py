"""Beats that come on time, twice, late, or not for two weeks (C10)."""

from datetime import UTC, datetime, time, timedelta

import pytest

from apps.accounts.models import AuditEntry, Notice
from apps.campaigns.enums import Repeat, RunState
from apps.campaigns.models import Campaign, Run
from apps.campaigns.services.runs import cancel_run, open_due_runs, plan_runs, warn_ending_runs
from apps.events.models import Event
from tests.campaigns.runs.conftest import FRIDAY, MINUTE, NOW, WEEK, beat

DAY = timedelta(days=1)


def runs_of(campaign):
    return [(run.state, run.opens_at) for run in campaign.runs.order_by("number")]


def test_four_weeks_of_beats_make_four_runs_and_one_ahead(launched):
    campaign = launched()
    moment = NOW
    while moment < NOW + 4 * WEEK:
        beat(moment)
        moment += timedelta(hours=7)
    states = [state for state, _start in runs_of(campaign)]
    assert states == ["closed"] * 3 + ["open", "scheduled"] or states == ["closed"] * 4 + ["scheduled"]
    starts = [start for _state, start in runs_of(campaign)]
    assert starts == [FRIDAY + n * WEEK for n in range(5)]
    assert Event.objects.filter(kind="campaign.run_opened").count() == 4


def test_a_run_opens_and_closes_at_its_time_and_not_before(launched):
    run = launched().runs.get()
    beat(FRIDAY - MINUTE)
    run.refresh_from_db()
    assert run.state == RunState.SCHEDULED
    beat(FRIDAY)
    run.refresh_from_db()
    assert (run.state, run.opened_at) == (RunState.OPEN, FRIDAY)
    beat(run.closes_at - MINUTE)
    run.refresh_from_db()
    assert run.state == RunState.OPEN
    beat(run.closes_at)
    run.refresh_from_db()
    assert (run.state, run.closed_at) == (RunState.CLOSED, run.closes_at)


def test_every_beat_twice_changes_nothing(launched):
    campaign = launched()
    for moment in (NOW, FRIDAY, FRIDAY + 3 * DAY - MINUTE, FRIDAY + 3 * DAY):
        beat(moment)
        before = (
            runs_of(campaign),
            Notice.objects.count(),
            AuditEntry.objects.count(),
            Event.objects.count(),
        )
        beat(moment)
        assert before == (
            runs_of(campaign),
            Notice.objects.count(),
            AuditEntry.objects.count(),
            Event.objects.count(),
        )


def test_two_weeks_without_a_beat_bring_one_late_run_and_no_pile(launched, chief):
    """Down from Monday until Saturday two weeks on: period 1 and 2 are gone, period 3 is going on."""
    campaign = launched()
    back = FRIDAY + 2 * WEEK + DAY
    beat(back)
    beat(back + MINUTE)
    assert runs_of(campaign) == [
        (RunState.CANCELLED, FRIDAY),
        (RunState.OPEN, FRIDAY + 2 * WEEK),
        (RunState.SCHEDULED, FRIDAY + 3 * WEEK),
    ]
    late = campaign.runs.get(number=2)
    assert late.closes_at == FRIDAY + 2 * WEEK + 3 * DAY  # the end is not moved
    told = list(Notice.objects.filter(user=chief).order_by("id").values_list("text", flat=True))
    assert told == [
        "《周五帮一把》第 1 期已取消：整个时段都错过了，没有补开。",
        "《周五帮一把》第 2 期晚开了 1 天 1 分钟，结束时间不变：3月23日 周一 20:00。",
    ]


def test_an_outage_between_two_periods_brings_only_the_next(launched):
    campaign = launched()
    back = FRIDAY + WEEK + 5 * DAY  # Wednesday: no window is going on
    beat(back)
    beat(back + MINUTE)
    assert runs_of(campaign) == [(RunState.CANCELLED, FRIDAY), (RunState.SCHEDULED, FRIDAY + 2 * WEEK)]


def test_an_outage_over_the_end_closes_late_once(launched):
    campaign = launched()
    beat(FRIDAY)
    beat(FRIDAY + 6 * DAY)
    beat(FRIDAY + 6 * DAY)
    assert runs_of(campaign) == [(RunState.CLOSED, FRIDAY), (RunState.SCHEDULED, FRIDAY + WEEK)]


def test_a_missed_single_run_is_not_opened_by_surprise(launched):
    campaign = launched(repeat=Repeat.ONCE, starts_at=FRIDAY)
    beat(FRIDAY + 10 * DAY)
    beat(FRIDAY + 10 * DAY)
    assert runs_of(campaign) == [(RunState.CANCELLED, FRIDAY)]


def test_launching_on_saturday_does_not_open_yesterdays_period(launched):
    campaign = launched(now=FRIDAY + DAY)
    beat(FRIDAY + DAY)
    assert runs_of(campaign) == [(RunState.SCHEDULED, FRIDAY + WEEK)]


def test_a_cancelled_period_does_not_come_back(launched, chief):
    campaign = launched()
    cancel_run(run=campaign.runs.get(), actor=chief, now=NOW, reason="春节")
    beat(NOW)
    beat(FRIDAY)
    assert runs_of(campaign) == [(RunState.CANCELLED, FRIDAY), (RunState.SCHEDULED, FRIDAY + WEEK)]


def test_a_changed_rhythm_moves_the_run_ahead(launched):
    campaign = launched()
    Campaign.objects.update(weekdays=[2], at_time=time(10), duration_minutes=60)
    beat(NOW)
    run = campaign.runs.get()
    wednesday = datetime(2026, 3, 4, 2, tzinfo=UTC)
    assert (run.opens_at, run.closes_at) == (wednesday, wednesday + timedelta(hours=1))
    Campaign.objects.update(repeat_until=NOW)
    beat(NOW + MINUTE)
    beat(NOW + 2 * MINUTE)
    assert runs_of(campaign) == [(RunState.CANCELLED, wednesday)]


def test_evening_stays_evening_when_the_clocks_change(launched):
    campaign = launched(timezone="Europe/Berlin", now=datetime(2026, 3, 20, 20, tzinfo=UTC))
    assert campaign.runs.get().opens_at == datetime(2026, 3, 27, 19, tzinfo=UTC)
    run = campaign.runs.get()
    beat(run.opens_at)
    first, second = campaign.runs.order_by("number")
    assert second.opens_at == datetime(2026, 4, 3, 18, tzinfo=UTC)
    assert first.closes_at == datetime(2026, 3, 30, 18, tzinfo=UTC)


def test_what_a_launch_would_refuse_does_not_open_until_it_is_mended(launched, gift, chief):
    campaign = launched()
    gift.is_active = False
    gift.save()
    beat(FRIDAY)
    beat(FRIDAY + MINUTE)
    assert campaign.runs.get().state == RunState.SCHEDULED
    assert [notice.text for notice in Notice.objects.filter(user=chief)] == [
        "《周五帮一把》第 1 期到时间了，但没有开：礼品“洗衣凝珠”已停用。启用它，或换一份。"
    ]
    gift.is_active = True
    gift.save()
    beat(FRIDAY + 2 * MINUTE)
    assert campaign.runs.get(number=1).state == RunState.OPEN


def test_owners_are_warned_once_before_the_end(launched, chief):
    campaign = launched()
    beat(FRIDAY)
    run = campaign.runs.get(number=1)
    assert warn_ending_runs(now=run.closes_at - timedelta(minutes=121)) == 0
    assert warn_ending_runs(now=run.closes_at - timedelta(minutes=120)) == 1
    assert warn_ending_runs(now=run.closes_at - timedelta(minutes=119)) == 0
    assert [notice.text for notice in Notice.objects.filter(user=chief)] == [
        "《周五帮一把》第 1 期还有 2 小时 结束（3月9日 周一 20:00）。需要的话现在可以延长或加库存。"
    ]


@pytest.mark.parametrize("values", [{"warn_minutes": 0}, {"duration_minutes": 100}])
def test_no_warning_where_none_is_wanted_or_it_would_come_at_the_start(launched, values):
    campaign = launched(**values)
    beat(FRIDAY)
    run = campaign.runs.get(number=1)
    assert warn_ending_runs(now=run.closes_at - MINUTE) == 0


def test_one_run_that_fails_keeps_no_other_from_its_time(launched, chief):
    broken, sound = launched(title="坏的"), launched(title="好的")
    Campaign.objects.filter(pk=broken.pk).update(weekdays=[["五"]])  # no form would let this through
    assert open_due_runs(now=FRIDAY) == 1
    assert open_due_runs(now=FRIDAY) == 0
    assert sound.runs.get().state == RunState.OPEN
    assert Notice.objects.filter(user=chief, text__contains="没能继续").count() == 1
    Campaign.objects.filter(pk=broken.pk).update(weekdays=[4])
    assert open_due_runs(now=FRIDAY) == 1


def test_a_rhythm_that_broke_is_told_and_others_are_planned(launched, chief):
    broken, sound = launched(title="坏的"), launched(title="好的")
    Campaign.objects.filter(pk=broken.pk).update(weekdays=[])
    Run.objects.all().delete()
    assert plan_runs(now=NOW) == 1
    assert sound.runs.count() == 1
    assert Notice.objects.filter(user=chief, text__contains="星期几").count() == 1
