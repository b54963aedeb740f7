"""社群健康: one score per group with its parts, and the stage that the figures speak for."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.acquire import leave_rate
from apps.analytics.metrics.activate import activity
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, Text
from apps.analytics.metrics.facts import ACTIVE, ACTIVE_KINDS
from apps.analytics.metrics.sql import IS_ACTIVE, PRESENT, within
from apps.events.enums import EventKind
from apps.groups.enums import GroupStage

_JOINED, _LEFT, _PAID = (
    EventKind.GROUP_JOINED.value,
    EventKind.GROUP_LEFT.value,
    EventKind.ORDER_PAID.value,
)
#: What counts as full marks: rules of thumb of the trade, over 30 days where time matters.
ACTIVITY, LEAVING, GROWTH, BUYING = 0.20, 0.10, 0.10, 0.10
_MONTH = 30


@dataclass(frozen=True, slots=True)
class Part:
    """``weight`` of 100 points; ``mark`` from 0 to 1; ``value`` what was measured, as a fraction of the members."""

    key: str
    label: Text
    weight: int
    value: float
    mark: float

    @property
    def points(self) -> float:
        return self.weight * self.mark


def parts_of(figures: Figures) -> tuple[Part, ...]:
    """The parts of a group's score; none for a group without members."""
    present = len(figures.now("in"))
    if not present:
        return ()
    month = _MONTH / figures.days
    active = float(activity(figures).value or 0)
    leaving = float(leave_rate(figures).value or 0) * month
    joining = len(figures.people(_JOINED)) / present * month
    buying = len(figures.people(_PAID)) / present * month
    return (
        Part("activity", _("活跃"), 35, active, min(1.0, active / ACTIVITY)),
        Part("staying", _("留存"), 25, leaving, max(0.0, 1 - leaving / LEAVING)),
        Part("growth", _("增长"), 15, joining, min(1.0, joining / GROWTH)),
        Part("buying", _("成交"), 25, buying, min(1.0, buying / BUYING)),
    )


def score_of(parts: Sequence[Part]) -> float | None:
    """0 to 100; None without parts."""
    return sum(part.points for part in parts) if parts else None


def stage_of(parts: Sequence[Part]) -> str:
    """The stage that the figures speak for; a person decides. Without members: recruiting."""
    by_key = {part.key: part.value for part in parts}
    if not parts or by_key["growth"] >= 3 * GROWTH:
        return GroupStage.RECRUITING.value
    if by_key["activity"] >= ACTIVITY / 2:
        return GroupStage.ACTIVE.value
    if by_key["activity"] < ACTIVITY / 10:
        return GroupStage.QUIET.value
    return GroupStage.STEADY.value


def _health(figures: Figures) -> Reading:
    score = score_of(parts_of(figures))
    return Reading(score, score or 0, None)


_SQL = f"""
    WITH present AS ({PRESENT}),
    n AS (SELECT greatest(count(*), 1)::float AS members, 30.0 / %(days)s AS month, count(*) > 0 AS has_any
      FROM present),
    days AS (SELECT DISTINCT (e.occurred_at AT TIME ZONE %(zone)s)::date AS day, e.member_id
      FROM events_event e WHERE {IS_ACTIVE} AND {within("{scope}")}),
    gone AS (SELECT DISTINCT e.member_id FROM events_event e
      WHERE e.kind = '{_LEFT}' AND e.member_id IS NOT NULL AND {within()}),
    parts AS (SELECT month, has_any,
      (SELECT count(*) FROM days JOIN present USING (member_id)) / (%(days)s)::float / members AS active,
      (SELECT count(*) FROM gone) / greatest(1, (SELECT count(*) FROM (
        SELECT member_id FROM present UNION SELECT member_id FROM gone) u))::float AS leaving,
      (SELECT count(DISTINCT e.member_id) FROM events_event e WHERE e.kind = '{_JOINED}' AND {within()})
        / members AS joining,
      (SELECT count(DISTINCT e.member_id) FROM events_event e WHERE e.kind = '{_PAID}' AND {within()})
        / members AS buying
      FROM n)
    SELECT CASE WHEN has_any THEN 35 * least(1, active / {ACTIVITY})
      + 25 * greatest(0, 1 - leaving * month / {LEAVING}) + 15 * least(1, joining * month / {GROWTH})
      + 25 * least(1, buying * month / {BUYING}) ELSE 0 END, NULL FROM parts
"""

FAMILY = Family(
    "health",
    _("社群健康"),
    (
        Metric(
            key="health",
            label=_("健康分"),
            definition=_(
                "0 到 100：活跃 35 分（活跃度 20% 得满分）、留存 25 分（30 天退群率 10% 得零分）、"
                "增长 15 分和成交 25 分（30 天内入群、付款的人数各达到在群人数的 10% 得满分）。"
            ),
            unit=Unit.POINTS,
            direction=Direction.HIGHER,
            needs=(_JOINED, _LEFT, _PAID),
            formula=_health,
            context=(ACTIVE,),
            sets=("in",),
            sql=_SQL,
            rows=tuple(dict.fromkeys((*(str(kind) for kind in ACTIVE_KINDS), _JOINED, _LEFT))),
            rows_of="present",
            anywhere=True,
            dimensions=(Dimension.TOTAL, Dimension.GROUP),
        ),
    ),
    order=70,
)
