"""What goes on in a run, in a fixed number of set-based queries at any size (A2).

Every figure is counted from the rows; nothing is guessed or made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Sum

from apps.campaigns.enums import LIVE_ENTRY_STATES, EntryState, FlagState, GrantState, PartState
from apps.campaigns.mechanics.base import Figure, Totals
from apps.campaigns.models import Contribution, Entry, Flag, Grant, Run, RunStock
from apps.campaigns.selectors.board import BoardRow, board
from apps.campaigns.selectors.plans import Plan, plan_of
from apps.campaigns.selectors.trends import Trend
from apps.members.models import Member

_PULSE = timedelta(minutes=10)
#: The newest contributions that are looked at for the pulse.
_LOOKED_AT = 2_000
_ROWS = 8
_BOARD_ROWS = 10
#: Gifts that have reached the member, or left the house.
_DELIVERED = (GrantState.ISSUED, GrantState.SHIPPED)

_ENTRIES = """
SELECT state, count(*), sum(score), sum(count), sum(pending_count) FROM campaigns_entry
WHERE run_id = %(run)s GROUP BY 1"""
_NEWEST = """
SELECT count(*) FILTER (WHERE at > %(since)s), min(at) FILTER (WHERE at > %(since)s), count(*) FROM (
  SELECT at FROM campaigns_contribution WHERE run_id = %(run)s ORDER BY id DESC LIMIT %(most)s) newest"""


@dataclass(frozen=True)
class Happening:
    """Somebody opened an entry (``part`` is ``None``) or took part in one."""

    at: datetime
    member: Member
    entry: Entry
    part: Contribution | None = None


@dataclass(frozen=True)
class Monitor:
    """``grants`` by state: (number, cost in yuan). ``seats``: counted places on all entries."""

    run: Run
    stock: RunStock
    plan: Plan
    now: datetime
    entries: Mapping[str, int]
    score_sum: Decimal
    seats: int
    pending_seats: int
    per_minute: Decimal
    grants: Mapping[str, tuple[int, Decimal]]
    flags_open: int
    happenings: list[Happening]
    board: tuple[BoardRow, ...]

    @property
    def entry_count(self) -> int:
        return sum(self.entries.values())

    @property
    def live_count(self) -> int:
        return sum(self.entries.get(state, 0) for state in LIVE_ENTRY_STATES)

    @property
    def won(self) -> int:
        return self.entries.get(EntryState.WON, 0)

    @property
    def granted(self) -> int:
        """Gifts on the books, delivered or not; without those taken back and those that wait for a budget."""
        waiting = (GrantState.VOID, GrantState.UNFUNDED)
        return sum(count for state, (count, _cost) in self.grants.items() if state not in waiting)

    @property
    def delivered(self) -> int:
        return sum(self.grant_count(state) for state in _DELIVERED)

    def grant_count(self, state: str) -> int:
        return self.grants.get(state, (0, Decimal(0)))[0]

    @property
    def stock_used(self) -> int:
        return self.stock.reserved + self.stock.sold

    def totals(self, trend: Trend) -> Totals:
        """The sums that a mechanic's own figures are made of."""
        return Totals(
            entries=self.entry_count,
            live_entries=self.live_count,
            won=self.won,
            failed=self.entries.get(EntryState.FAILED, 0),
            parts=sum(count for state, count in trend.parts.items() if state != PartState.VOID),
            pending_parts=trend.parts.get(PartState.PENDING, 0),
            void_parts=trend.parts.get(PartState.VOID, 0),
            members=trend.members,
            new_members=trend.new_members,
            score_sum=self.score_sum,
            paid=trend.paid,
            refunded=trend.refunded,
            granted_cost=self.stock.granted_cost,
        )

    def figures(self, trend: Trend) -> list[Figure]:
        """The mechanic's own figures."""
        return self.plan.mechanic.figures(self.plan.rules, self.totals(trend))


def monitor_of(run: Run, *, now: datetime) -> Monitor:
    """The run as it stands ``now``; ``run`` comes with its campaign. Seven queries, eight where ranked (and one more
    for the plan, once per process)."""
    plan = plan_of(run.pk, run.revision)
    about = {"run": run.pk, "since": now - _PULSE, "most": _LOOKED_AT}
    entries = _rows(_ENTRIES, about)
    return Monitor(
        run=run,
        stock=RunStock.objects.get(run=run),
        plan=plan,
        now=now,
        entries={row[0]: row[1] for row in entries},
        score_sum=sum((row[2] for row in entries), Decimal(0)),
        seats=sum(row[3] for row in entries),
        pending_seats=sum(row[4] for row in entries),
        per_minute=_per_minute(now, *_rows(_NEWEST, about)[0]),
        grants=_grants(run),
        flags_open=Flag.objects.filter(run=run, state=FlagState.OPEN).count(),
        happenings=_happenings(run),
        board=board(run_id=run.pk, limit=_BOARD_ROWS, member_id=None, now=now).rows
        if plan.mechanic.is_ranked
        else (),
    )


def _rows(sql: str, about: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, about)
        return cursor.fetchall()


def _per_minute(now: datetime, recent: int, first: datetime | None, looked_at: int) -> Decimal:
    """Contributions a minute over the last ten; in a rush, over the time that the newest of them took."""
    span = _PULSE
    if recent == looked_at == _LOOKED_AT and first is not None:
        span = max(now - first, timedelta(seconds=1))
    return (recent / Decimal(span / timedelta(minutes=1))).quantize(Decimal("0.1"))


def _grants(run: Run) -> dict[str, tuple[int, Decimal]]:
    rows = Grant.objects.filter(run=run).order_by().values_list("state")
    return {state: (count, cost) for state, count, cost in rows.annotate(Count("pk"), Sum("cost"))}


def _happenings(run: Run) -> list[Happening]:
    """The latest that really happened: entries opened and contributions made, newest first."""
    parts = Contribution.objects.filter(run=run).order_by("-id").select_related("member", "entry")
    newest = Entry.objects.filter(run=run).order_by("-id").values("pk")[:_ROWS]
    entries = Entry.objects.filter(pk__in=newest).select_related("owner")
    found = [Happening(part.at, part.member, part.entry, part) for part in parts[:_ROWS]]
    found += [Happening(entry.opened_at, entry.owner, entry) for entry in entries]
    return sorted(found, key=lambda one: one.at, reverse=True)[:_ROWS]
