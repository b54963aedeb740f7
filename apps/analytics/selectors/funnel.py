"""AARRR from rollups: who came, and what they did on that day or later, by sets of members and days."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.facts import ACTIVE, AGAIN, INVITING
from apps.analytics.selectors.figures import figures
from apps.analytics.selectors.kept import Kept
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.events.enums import EventKind

_JOINED, _PAID = EventKind.GROUP_JOINED.value, EventKind.ORDER_PAID.value
_NEVER = np.iinfo(np.int32).max

type Days = NDArray[np.int32]

#: Who counts as having come by a key: by the facts that name it. Others join without one.
COHORT_KINDS: dict[Dimension, tuple[str, ...]] = {
    Dimension.SOURCE: (_JOINED,),
    Dimension.GROUP: (_JOINED,),
    Dimension.TIER: (_JOINED,),
    Dimension.CAMPAIGN: (EventKind.CAMPAIGN_ENTERED.value, EventKind.CAMPAIGN_CONTRIBUTED.value),
}


@dataclass
class Reached:
    """First day of each member at a step: ``ids`` ascending, ``days`` as ordinals."""

    ids: NDArray[np.uint32]
    days: Days
    members: BitMap = field(default_factory=BitMap)

    def on_days(self, members: BitMap) -> tuple[list[int], list[date]]:
        """Those of ``members`` who got there, and on which day each."""
        ids = _array(self.members & members)
        days = self.days[np.searchsorted(self.ids, ids)]
        return ids.tolist(), [date.fromordinal(day) for day in days.tolist()]


@dataclass(frozen=True)
class Passed:
    """One step: who passed it, which step it is a share of, and the days that it took (median, middle half)."""

    key: str
    reached: Reached
    after: int | None
    median: float | None = None
    quarter: float | None = None
    three_quarters: float | None = None

    @property
    def members(self) -> BitMap:
        return self.reached.members


@dataclass(frozen=True)
class Passage:
    """A step of :func:`funnel` by name; of those alone who came by ``key`` of ``dim``, if one is named."""

    step: str
    dim: Dimension = Dimension.TOTAL
    key: str = ""


def funnel(scope: Scope, period: Period) -> list[Passed]:
    """引流 → 激活 → 成交, and of the buyers 裂变 and 复购. Each within the period, on the day of the step before or
    later; buying again is a second order after the first. One look at the rollups."""
    kept = figures(scope=scope, period=period, kinds=(_JOINED, ACTIVE, _PAID, AGAIN, INVITING))[""]
    joined = _first_days(kept, _JOINED)
    active = _first_days(kept, ACTIVE, since=joined)
    paid = _first_days(kept, _PAID, since=active)
    invited = _first_days(kept, INVITING, since=paid)
    again = _earlier(
        _first_days(kept, _PAID, since=Reached(paid.ids, paid.days + 1, paid.members)),
        _first_days(kept, AGAIN, since=paid),
    )
    return [
        Passed("acquire", joined, None),
        _passed("activate", active, joined, 0),
        _passed("convert", paid, active, 1),
        _passed("refer", invited, paid, 2),
        _passed("repurchase", again, paid, 2),
    ]


def reached_by(passage: Passage, scope: Scope, period: Period) -> tuple[list[int], list[date]]:
    """Who passed the step, and the day that each reached it on; nobody for a step or dimension that is none."""
    steps = {step.key: step for step in funnel(scope, period)}
    if passage.step not in steps or (passage.dim and passage.dim not in COHORT_KINDS):
        return [], []
    members = steps["acquire"].members
    if passage.dim:
        members = members & cohorts(scope, period, passage.dim).get(passage.key, BitMap())
    return steps[passage.step].reached.on_days(members)


def cohorts(scope: Scope, period: Period, dim: Dimension) -> dict[str, BitMap]:
    """{key of ``dim``: the members who came by it in the period}."""
    kinds = COHORT_KINDS[dim]
    found = figures(scope=scope, period=period, kinds=kinds, dim=dim)
    return {
        key: BitMap.union(BitMap(), *(kept.people(kind) for kind in kinds)) for key, kept in found.items()
    }


def _first_days(kept: Kept, kind: str, since: Reached | None = None) -> Reached:
    """The first day of ``kind`` per member; with ``since`` of its members only, on their day there or later."""
    by_day = kept.people_by_day(kind)
    wanted = since.members if since is not None else None
    members = BitMap.union(BitMap(), *by_day.values())
    ids = _array(members & wanted if wanted is not None else members)
    days = np.full(len(ids), _NEVER, dtype=np.int32)
    floor = since.days[np.searchsorted(since.ids, ids)] if since is not None and len(ids) else None
    for day in sorted(by_day, reverse=True):
        at = np.searchsorted(ids, _array(by_day[day] if wanted is None else by_day[day] & wanted))
        if floor is not None:
            at = at[floor[at] <= day.toordinal()]
        days[at] = day.toordinal()  # earlier days come later in the loop and win
    has = days != _NEVER
    return Reached(ids[has], days[has], BitMap(ids[has]))


def _earlier(one: Reached, other: Reached) -> Reached:
    ids = _array(one.members | other.members)
    days = np.full(len(ids), _NEVER, dtype=np.int32)
    for reached in (one, other):
        at = np.searchsorted(ids, reached.ids)
        days[at] = np.minimum(days[at], reached.days)
    return Reached(ids, days, BitMap(ids))


def _passed(key: str, reached: Reached, before: Reached, after: int) -> Passed:
    if not len(reached.ids):
        return Passed(key, reached, after)
    took = reached.days - before.days[np.searchsorted(before.ids, reached.ids)]
    quarter, median, three_quarters = (float(value) for value in np.percentile(took, [25, 50, 75]))
    return Passed(key, reached, after, median, quarter, three_quarters)


def _array(members: BitMap) -> NDArray[np.uint32]:
    return np.array(members.to_array(), dtype=np.uint32)
