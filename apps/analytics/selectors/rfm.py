"""RFM: the grid of buyers and its named segments."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _
from pyroaring import BitMap

from apps.analytics.models import RfmCell
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.sets import union


class Segment(models.TextChoices):
    """High or low in each of the three, against the mean score of the team's buyers."""

    CHAMPION = "champion", _("重要价值")
    GROW = "grow", _("重要发展")
    KEEP = "keep", _("重要保持")
    RESCUE = "rescue", _("重要挽留")
    LOYAL = "loyal", _("一般价值")
    FRESH = "fresh", _("一般发展")
    COOLING = "cooling", _("一般保持")
    LOST = "lost", _("一般挽留")


#: (recent, often, much) → segment
SEGMENTS: dict[tuple[bool, bool, bool], Segment] = {
    (True, True, True): Segment.CHAMPION,
    (True, False, True): Segment.GROW,
    (False, True, True): Segment.KEEP,
    (False, False, True): Segment.RESCUE,
    (True, True, False): Segment.LOYAL,
    (True, False, False): Segment.FRESH,
    (False, True, False): Segment.COOLING,
    (False, False, False): Segment.LOST,
}


@dataclass(slots=True)
class Part:
    """Some of the buyers together."""

    count: int = 0
    orders: int = 0
    spent: Decimal = Decimal("0.00")
    days_since: int = 0

    def add(self, cell: RfmCell) -> None:
        self.count += cell.count
        self.orders += cell.orders
        self.spent += cell.spent
        self.days_since += cell.days_since

    def mean(self, total: int | Decimal) -> Decimal | None:
        """``total`` per buyer; None without buyers."""
        return Decimal(total) / self.count if self.count else None


@dataclass(frozen=True)
class Grid:
    """The buyers of a scope on ``day`` (None: nobody was scored yet).

    ``cells[recency, frequency]`` holds all 25; ``segments`` all eight.
    """

    day: date | None
    total: Part
    cells: dict[tuple[int, int], Part]
    segments: dict[Segment, Part]
    trend: dict[date, dict[Segment, int]] = field(default_factory=dict)


def rfm_grid(scope: Scope, *, trend_days: int = 0) -> Grid:
    """The latest grid and, if wanted, the segments' sizes on the ``trend_days`` days before it.

    Of several teams the grids are added: buyers are scored within each team, and one who buys of two counts in both.
    The house's is scored as a whole. One query; two with the trend.
    """
    latest = _latest(scope)
    rows = list(_of(scope).filter(day=latest).defer("members")) if latest else []
    cells = {(r, f): Part() for r in range(1, 6) for f in range(1, 6)}
    segments = {segment: Part() for segment in Segment}
    total = Part()
    for cell, segment in _named(rows):
        cells[cell.recency, cell.frequency].add(cell)
        segments[segment].add(cell)
        total.add(cell)
    return Grid(latest, total, cells, segments, _trend(scope, latest, trend_days) if latest else {})


def rfm_members(
    scope: Scope, *, segment: Segment | None = None, cell: tuple[int, int] | None = None
) -> BitMap:
    """The members of a segment or of a cell (recency, frequency) of the latest grid. Two queries."""
    latest = _latest(scope)
    if latest is None:
        return BitMap()
    found = [
        BitMap.deserialize(bytes(row.members))
        for row, name in _named(list(_of(scope).filter(day=latest)))
        if row.members is not None
        and (segment is None or name == segment)
        and (cell is None or (row.recency, row.frequency) == cell)
    ]
    return union(found)


def _of(scope: Scope) -> "models.QuerySet[RfmCell]":
    return RfmCell.objects.filter(team_id__in=scope.set_teams)


def _latest(scope: Scope) -> date | None:
    return _of(scope).aggregate(latest=models.Max("day"))["latest"]


def _trend(scope: Scope, latest: date, days: int) -> dict[date, dict[Segment, int]]:
    found: dict[date, dict[Segment, int]] = {}
    if not days:
        return found
    first = date.fromordinal(latest.toordinal() - days)
    for cell, segment in _named(list(_of(scope).filter(day__gte=first).defer("members"))):
        sizes = found.setdefault(cell.day, dict.fromkeys(Segment, 0))
        sizes[segment] += cell.count
    return dict(sorted(found.items()))


def _named(rows: list[RfmCell]) -> Iterable[tuple[RfmCell, Segment]]:
    """Each cell with its segment: high is a score not below the mean of that team's buyers on that day."""
    sums: dict[tuple[int, date], list[int]] = {}
    for row in rows:
        found = sums.setdefault((row.team_id, row.day), [0, 0, 0, 0])
        for place, number in enumerate((1, row.recency, row.frequency, row.monetary)):
            found[place] += number * row.count
    for row in rows:
        buyers, *scores = sums[row.team_id, row.day]
        recent, often, much = (
            score * buyers >= whole
            for score, whole in zip((row.recency, row.frequency, row.monetary), scores, strict=True)
        )
        yield row, SEGMENTS[recent, often, much]
