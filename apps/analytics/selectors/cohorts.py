"""Cohorts: of those who first did one thing in a period, how many did another one so many periods later."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Reading, share
from apps.analytics.selectors.buckets import Grain, bucket_of, buckets_between, last_of, shifted
from apps.analytics.selectors.figures import first_days
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.sets import clipped, day_sets, in_buckets, keyed_day_sets, union


@dataclass(frozen=True, slots=True)
class Cell:
    """Who of the cohort came back ``offset`` buckets later. ``is_open``: that time is not over yet, it may still grow."""

    offset: int
    reading: Reading
    is_open: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those whose first time was in the bucket from ``first`` on. ``cells`` end where the future begins."""

    first: date
    size: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Cohorts:
    """A table of cohorts; ``curve`` sums them up per offset, over those whose time for it is over."""

    grain: Grain
    is_bounded: bool
    rows: tuple[Cohort, ...]
    curve: tuple[Reading, ...] = field(default=())

    @property
    def size(self) -> int:
        return sum(row.size for row in self.rows)


def cohorts(
    *,
    scope: Scope,
    period: Period,
    today: date,
    start_kind: str,
    return_kind: str,
    grain: Grain = Grain.WEEK,
    is_bounded: bool = True,
    offsets: int = 12,
    dim: Dimension = Dimension.TOTAL,
    key: str = "",
    acts: dict[date, BitMap] | None = None,
) -> Cohorts:
    """The cohorts of the buckets that ``period`` touches, followed for ``offsets`` buckets and up to ``today``.

    ``start_kind`` is one of ``FIRST_KINDS``: a member belongs to the bucket of the first time ever, within the scope.
    Bounded: who did ``return_kind`` in exactly that bucket; unbounded: in that or any later one up to ``today``. At
    offset 0 stands who did it in the cohort's own bucket. With ``dim`` and ``key`` only members whose first time was
    under that key (joined *this* group, came from *that* source). Two or three queries; one less with ``acts``: what
    :func:`day_sets` says of ``return_kind`` on these days and maybe on more.
    """
    span = _whole_buckets(period, grain)
    firsts = _firsts(scope, span, start_kind, dim, key)
    returns = _returns(scope, span, today, return_kind, grain, offsets, is_bounded=is_bounded, acts=acts)
    return _table(firsts, returns, span, today, grain, offsets, is_bounded=is_bounded)


def cohorts_by(
    *,
    scope: Scope,
    period: Period,
    today: date,
    start_kind: str,
    return_kind: str,
    dim: Dimension,
    grain: Grain = Grain.WEEK,
    is_bounded: bool = True,
    offsets: int = 12,
    keys: int = 12,
    within: tuple[Dimension, str] = (Dimension.TOTAL, ""),
) -> dict[str, Cohorts]:
    """The same per key of ``dim``, for the ``keys`` largest; of those members alone whose first time was ``within`` a
    key of another dimension. Three or four queries."""
    span = _whole_buckets(period, grain)
    firsts = _firsts(scope, span, start_kind, *within)
    returns = _returns(scope, span, today, return_kind, grain, offsets, is_bounded=is_bounded)
    found = {}
    for key, under in keyed_day_sets(scope, span, start_kind, dim).items():
        here = {day: members & under[day] for day, members in firsts.items() if day in under}
        if any(here.values()):
            found[key] = here
    largest = sorted(found, key=lambda key: (-sum(len(members) for members in found[key].values()), key))
    return {
        key: _table(found[key], returns, span, today, grain, offsets, is_bounded=is_bounded)
        for key in largest[:keys]
    }


def _firsts(scope: Scope, span: Period, kind: str, dim: Dimension, key: str) -> dict[date, BitMap]:
    firsts = first_days(scope, span, [kind])[kind]
    if dim == Dimension.TOTAL:
        return firsts
    under = day_sets(scope, span, kind, dim=dim, key=key)
    return {day: members & under[day] for day, members in firsts.items() if day in under}


def _whole_buckets(period: Period, grain: Grain) -> Period:
    return Period(bucket_of(period.first, grain), last_of(bucket_of(period.last, grain), grain))


def _returns(
    scope: Scope,
    span: Period,
    today: date,
    kind: str,
    grain: Grain,
    offsets: int,
    *,
    is_bounded: bool,
    acts: dict[date, BitMap] | None = None,
) -> dict[date, BitMap]:
    """Who did it in each bucket; unbounded: in it or later."""
    last = last_of(shifted(bucket_of(span.last, grain), grain, offsets), grain) if is_bounded else today
    last = min(last, today)
    if last < span.first:
        return {}
    days = Period(span.first, last)
    found = in_buckets(day_sets(scope, days, kind) if acts is None else clipped(acts, days), grain)
    if is_bounded:
        return found
    later, until = BitMap(), {}
    for bucket in reversed(buckets_between(span.first, last, grain)):
        if bucket in found:
            later = later | found[bucket]
        until[bucket] = later
    return until


def _table(
    firsts: dict[date, BitMap],
    returns: dict[date, BitMap],
    span: Period,
    today: date,
    grain: Grain,
    offsets: int,
    *,
    is_bounded: bool,
) -> Cohorts:
    parts: dict[date, list[BitMap]] = {}
    for day, members in firsts.items():
        parts.setdefault(bucket_of(day, grain), []).append(members)
    rows = []
    for bucket in buckets_between(span.first, min(span.last, today), grain):
        members = union(parts.get(bucket, ()))
        cells = []
        for offset in range(offsets + 1):
            then = shifted(bucket, grain, offset)
            if then > today:
                break
            came = len(members & returns[then]) if then in returns else 0
            cells.append(Cell(offset, share(came, len(members)), last_of(then, grain) >= today))
        rows.append(Cohort(bucket, len(members), tuple(cells)))
    return Cohorts(grain, is_bounded, tuple(rows), tuple(_curve(rows, offsets)))


def _curve(rows: list[Cohort], offsets: int) -> Iterable[Reading]:
    for offset in range(offsets + 1):
        over = [row for row in rows if len(row.cells) > offset and not row.cells[offset].is_open]
        if not over:
            return
        yield share(
            sum(int(row.cells[offset].reading.numerator) for row in over), sum(row.size for row in over)
        )
