"""Lifecycle: where the active members of each day, week or month came from, and who went quiet; stickiness."""

from dataclasses import dataclass
from datetime import date, timedelta

from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Reading, share
from apps.analytics.metrics.facts import ACTIVE
from apps.analytics.selectors.buckets import Grain, bucket_of, buckets_between, last_of, shifted
from apps.analytics.selectors.figures import first_days
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.sets import clipped, day_sets, in_buckets, union


@dataclass(frozen=True, slots=True)
class Flow:
    """One bucket. ``active`` = new + returning + resurrected; the bucket before = returning + dormant."""

    first: date
    active: int
    new: int
    returning: int
    resurrected: int
    dormant: int
    is_open: bool

    @property
    def net(self) -> int:
        """By how many the active grew."""
        return self.new + self.resurrected - self.dormant


@dataclass(frozen=True, slots=True)
class Stickiness:
    """``ratio``: mean daily actives / actives of the whole period. ``spread[n]``: members active on exactly n days."""

    ratio: Reading
    daily: tuple[int, ...]
    actives: int
    spread: tuple[int, ...]


def lifecycle(
    *,
    scope: Scope,
    period: Period,
    today: date,
    grain: Grain = Grain.WEEK,
    kind: str = ACTIVE,
    dim: Dimension = Dimension.TOTAL,
    key: str = "",
    acts: dict[date, BitMap] | None = None,
) -> list[Flow]:
    """The flows of the buckets that ``period`` touches, up to ``today``. ``kind`` is one of ``FIRST_KINDS``; with
    ``dim`` and ``key`` only what was done under that key (in *this* group), while new is who is new at all.

    New: the first time ever was in this bucket. Returning: active in the bucket before too. Resurrected: active
    earlier, but not in the one before. Dormant: active in the one before, not in this. Two queries; one with ``acts``:
    what :func:`day_sets` says of these days and maybe of more, where the caller has read it.
    """
    first, last = bucket_of(period.first, grain), min(last_of(bucket_of(period.last, grain), grain), today)
    if first > last:
        return []
    before = shifted(first, grain, -1)
    span = Period(before, last)
    acts = day_sets(scope, span, kind, dim=dim, key=key) if acts is None else clipped(acts, span)
    sets = in_buckets(acts, grain)
    newcomers = in_buckets(first_days(scope, Period(first, last), [kind])[kind], grain)
    flows, earlier = [], sets.get(before, BitMap())
    for bucket in buckets_between(first, last, grain):
        active = sets.get(bucket, BitMap())
        new = active & newcomers.get(bucket, BitMap())
        returning = active & earlier
        flows.append(
            Flow(
                first=bucket,
                active=len(active),
                new=len(new),
                returning=len(returning),
                resurrected=len(active) - len(new) - len(returning),
                dormant=len(earlier) - len(returning),
                is_open=last_of(bucket, grain) >= today,
            )
        )
        earlier = active
    return flows


def stickiness(
    *,
    scope: Scope,
    until: date,
    days: int = 30,
    kind: str = ACTIVE,
    dim: Dimension = Dimension.TOTAL,
    key: str = "",
    acts: dict[date, BitMap] | None = None,
) -> Stickiness:
    """Of the ``days`` days up to ``until``; with ``dim`` and ``key`` of what was done under that key. One query, or none
    with ``acts`` as for :func:`lifecycle`."""
    period = Period(until - timedelta(days=days - 1), until)
    sets = day_sets(scope, period, kind, dim=dim, key=key) if acts is None else clipped(acts, period)
    daily = tuple(len(sets.get(day, ())) for day in period)
    actives = len(union(sets.values()))
    return Stickiness(share(sum(daily) / days, actives), daily, actives, _spread(list(sets.values()), days))


def _spread(sets: list[BitMap], days: int) -> tuple[int, ...]:
    """How many members are in exactly 1, 2 … ``days`` of the sets; index 0 is 0.

    Counts in binary, one bitmap per digit: adding a set is a carry through the digits, exact and without a number
    per member.
    """
    digits: list[BitMap] = []
    for members in sets:
        carry, place = members, 0
        while carry:
            if place == len(digits):
                digits.append(BitMap())
            carry, digits[place] = digits[place] & carry, digits[place] ^ carry
            place += 1
    found = [0] * (days + 1)
    _split(union(digits), digits, len(digits) - 1, 0, found)
    found[0] = 0
    return tuple(found)


def _split(members: BitMap, digits: list[BitMap], place: int, number: int, found: list[int]) -> None:
    if not members:
        return
    if place < 0:
        found[number] = len(members)
        return
    _split(members & digits[place], digits, place - 1, number + (1 << place), found)
    _split(members - digits[place], digits, place - 1, number, found)
