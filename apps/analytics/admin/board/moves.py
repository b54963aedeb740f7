"""What changed most between two periods: only changes that chance does not explain."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from apps.analytics.admin.board.wording import Change, change_of, say
from apps.analytics.enums import Direction, Unit
from apps.analytics.metrics.base import Metric, Reading

_COUNTED = (Unit.COUNT, Unit.PEOPLE, Unit.POINTS)
#: Two standard deviations of the difference of two counts.
_CHANCE = 2.0
_SLIGHT = 0.05


@dataclass(frozen=True)
class Move:
    """One metric that moved. ``rank`` is how far, relative to where it was."""

    metric: Metric
    now_text: str
    was_text: str
    change: Change
    url: str
    rank: float


def moves(
    metrics: Iterable[Metric],
    now: Mapping[str, Reading],
    was: Mapping[str, Reading],
    urls: Mapping[str, str],
    *,
    limit: int = 5,
) -> list[Move]:
    """The ``limit`` greatest changes that are more than chance, the greatest first."""
    found = []
    for metric in metrics:
        one, other = now[metric.key], was[metric.key]
        change = change_of(one, other, metric.unit, metric.direction)
        rank = _rank(metric, one, other)
        if change.text and rank >= _SLIGHT and metric.direction != Direction.NEUTRAL:
            words = say(one, metric.unit), say(other, metric.unit)
            found.append(Move(metric, *words, change, urls.get(metric.key, ""), rank))
    return sorted(found, key=lambda move: -move.rank)[:limit]


def _rank(metric: Metric, now: Reading, was: Reading) -> float:
    """How far it moved relative to where it was; 0 where chance may have done it."""
    if now.value is None or was.value is None or not was.value:
        return 0.0
    if now.is_small or was.is_small:
        return 0.0
    first, second = float(now.value), float(was.value)
    if metric.unit in _COUNTED and abs(first - second) < _CHANCE * sqrt(abs(first) + abs(second)):
        return 0.0
    if None not in (now.low, now.high, was.low, was.high) and _overlap(now, was):
        return 0.0
    return abs(first - second) / abs(second)


def _overlap(now: Reading, was: Reading) -> bool:
    return (now.low or 0) <= (was.high or 0) and (was.low or 0) <= (now.high or 0)
