"""How a run has gone so far: what reads every contribution. Kept for some seconds, for all who look (A2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any

from django.db import connection

from apps.campaigns.enums import PartState
from apps.campaigns.models import Run
from apps.core.remembered import keep, recall
from apps.members.models import Member

#: Widths of a bar, in minutes; the first with which the window fits into ``_MOST_BARS``.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080)
_MOST_BARS = 60
_ROWS = 8
#: Seconds that a count is kept, and how many times its own cost at least: ten people who look cost as much as one.
KEEP_SECONDS = 10
_KEEP_TIMES = 50

_FLOW = """
SELECT greatest(0, floor(extract(epoch FROM at - %(start)s) / %(step)s))::int AS slot, state, count(*)
FROM campaigns_contribution WHERE run_id = %(run)s GROUP BY 1, 2"""
_OPENED = """
SELECT greatest(0, floor(extract(epoch FROM opened_at - %(start)s) / %(step)s))::int AS slot, count(*)
FROM campaigns_entry WHERE run_id = %(run)s GROUP BY 1"""
#: Everybody who took part, and how many of them were new to us.
_PEOPLE = """
SELECT count(*), count(*) FILTER (WHERE is_new) FROM (
  SELECT member_id, bool_or(is_new) AS is_new FROM (
    SELECT member_id, is_new_member AS is_new FROM campaigns_contribution
    WHERE run_id = %(run)s AND state <> 'void'
    UNION ALL SELECT owner_id, false FROM campaigns_entry WHERE run_id = %(run)s) part GROUP BY 1) who"""
#: Entries that somebody other than the owner took part in.
_HELPED = """
SELECT count(*) FROM campaigns_entry e WHERE e.run_id = %(run)s AND EXISTS (
  SELECT 1 FROM campaigns_contribution c
  WHERE c.entry_id = e.id AND c.run_id = %(run)s AND c.member_id <> e.owner_id AND c.state <> 'void')"""
_INVITERS = """
WITH top AS (
  SELECT owner_id, sum(count) AS counted FROM campaigns_entry WHERE run_id = %(run)s
  GROUP BY 1 HAVING sum(count) > 0 ORDER BY 2 DESC, 1 LIMIT %(rows)s)
SELECT top.owner_id, top.counted, (
  SELECT count(DISTINCT c.member_id) FROM campaigns_entry e JOIN campaigns_contribution c ON c.entry_id = e.id
  WHERE e.run_id = %(run)s AND e.owner_id = top.owner_id AND c.state = 'counted' AND c.is_new_member
    AND c.member_id <> e.owner_id)
FROM top ORDER BY 2 DESC, 1"""
_MONEY = """
SELECT coalesce(sum(o.paid_amount), 0), coalesce(sum(o.refund_amount), 0), count(*) FILTER (WHERE o.paid_amount > 0)
FROM campaigns_contribution c JOIN orders_order o ON o.id = c.order_id WHERE c.run_id = %(run)s"""


@dataclass(frozen=True)
class Bar:
    """What happened from ``start`` on, for the trend's ``step_minutes``."""

    start: datetime
    entries: int = 0
    parts: int = 0


@dataclass(frozen=True)
class Inviter:
    """``counted``: seats that count on all of the member's entries; ``new``: people they brought to us."""

    name: str
    member_id: int
    counted: int
    new: int


@dataclass(frozen=True)
class Trend:
    """Counted ``at``; money in yuan. ``helped``: entries that somebody other than the owner took part in."""

    at: datetime
    bars: list[Bar]
    step_minutes: int
    parts: Mapping[str, int]
    members: int
    new_members: int
    helped: int
    paid: Decimal
    refunded: Decimal
    orders_paid: int
    inviters: list[Inviter]

    @property
    def peak(self) -> int:
        return max((bar.entries + bar.parts for bar in self.bars), default=0)


def trend_of(run: Run, *, now: datetime) -> Trend:
    """The run's trend, at most some seconds old: ``Trend.at`` says when it was counted."""
    key = f"run-trend:{run.pk}"
    kept: Trend | None = recall(key)
    if kept is None:
        began = perf_counter()
        kept = count_trend(run, now=now)
        keep(key, kept, max(KEEP_SECONDS, int(_KEEP_TIMES * (perf_counter() - began))))
    return kept


def count_trend(run: Run, *, now: datetime) -> Trend:
    """As ``trend_of``, counted now. Seven queries at any size."""
    start, end = run.opens_at, max(min(now, run.closes_at), run.opens_at)
    step = _step((end - start) / timedelta(minutes=1))
    about = {"run": run.pk, "start": start, "step": step * 60, "rows": _ROWS}
    flow = _rows(_FLOW, about)
    ((members, new_members),) = _rows(_PEOPLE, about)
    ((helped,),) = _rows(_HELPED, about)
    ((paid, refunded, orders_paid),) = _rows(_MONEY, about)
    parts: dict[str, int] = {}
    for _slot, state, count in flow:
        parts[state] = parts.get(state, 0) + count
    return Trend(
        at=now,
        bars=_bars(start, end, step, flow, _rows(_OPENED, about)),
        step_minutes=step,
        parts=parts,
        members=members,
        new_members=new_members,
        helped=helped,
        paid=paid,
        refunded=refunded,
        orders_paid=orders_paid,
        inviters=_inviters(about),
    )


def _step(minutes: float) -> int:
    return next((step for step in _STEPS if minutes / step < _MOST_BARS), _STEPS[-1])


def _rows(sql: str, about: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, about)
        return cursor.fetchall()


def _bars(
    start: datetime,
    end: datetime,
    step: int,
    flow: list[tuple[Any, ...]],
    opened: list[tuple[Any, ...]],
) -> list[Bar]:
    """One bar a step from start to end; what came later (reviews after the close) goes to the last."""
    last = int((end - start) / timedelta(minutes=step))
    entries, parts = [0] * (last + 1), [0] * (last + 1)
    for slot, count in opened:
        entries[min(slot, last)] += count
    for slot, state, count in flow:
        if state != PartState.VOID:
            parts[min(slot, last)] += count
    return [
        Bar(start + timedelta(minutes=step * place), entries[place], parts[place])
        for place in range(last + 1)
    ]


def _inviters(about: Mapping[str, Any]) -> list[Inviter]:
    rows = _rows(_INVITERS, about)
    members = Member.objects.in_bulk([row[0] for row in rows])
    return [Inviter(str(members[pk]), pk, counted, new) for pk, counted, new in rows]
