"""Groups against each other: figures, the last signs of life, and which of them go quiet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.facts import ACTIVE
from apps.analytics.metrics.health import Part, parts_of
from apps.analytics.selectors.figures import figures, readings
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.core.models import ScopedQuerySet
from apps.events.enums import EventKind
from apps.groups.enums import GroupStage
from apps.groups.models import Group

_SENT = EventKind.POST_SENT.value
_OF_HEALTH = (EventKind.GROUP_JOINED, EventKind.GROUP_LEFT, EventKind.ORDER_PAID)


@dataclass(frozen=True)
class GroupRow:
    """``now`` and ``was`` by metric key; the days of the last post and of the last own act of a member, if any."""

    group: Group
    now: dict[str, Reading]
    was: dict[str, Reading]
    posted_on: date | None
    active_on: date | None

    @property
    def has_gone_quiet(self) -> bool:
        """Clearly less active than before: the intervals of 活跃度 do not touch."""
        now, was = self.now["activity_rate"], self.was["activity_rate"]
        if now.high is None or was.low is None or now.is_small:
            return False
        return now.high < was.low


def groups_of(scope: Scope) -> "ScopedQuerySet[Group]":
    """The groups whose facts count in ``scope``; those that are closed are left out."""
    groups = Group.objects.exclude(stage=GroupStage.CLOSED)
    return groups if scope.team_ids is None else groups.filter(team__in=scope.team_ids)


def group_rows(metrics: Sequence[Metric], *, scope: Scope, period: Period, before: Period) -> list[GroupRow]:
    """Every group of the scope, the healthiest first. ``metrics`` hold ``health`` and ``activity_rate``."""
    groups = list(groups_of(scope).order_by("name"))
    keys = [str(group.pk) for group in groups]
    if not keys:
        return []
    now = readings(metrics, scope=scope, period=period, dim=Dimension.GROUP, keys=keys)
    was = readings(metrics, scope=scope, period=before, dim=Dimension.GROUP, keys=keys)
    last = _last_days(scope, keys, period.last)
    rows = [
        GroupRow(group, now[key], was[key], last.get((key, _SENT)), last.get((key, ACTIVE)))
        for group, key in zip(groups, keys, strict=True)
    ]
    return sorted(rows, key=lambda row: (-float(row.now["health"].value or 0), row.group.name))


def health_parts(group_id: int, *, scope: Scope, period: Period) -> tuple[Part, ...]:
    """What a group's score is made of; none without members."""
    key = str(group_id)
    found = figures(
        scope=scope, period=period, kinds=_OF_HEALTH, dim=Dimension.GROUP, keys=[key], sets=("in",)
    )
    found[key].total = figures(scope=scope, period=period, kinds=(ACTIVE,))[""]
    return parts_of(found[key])


def _last_days(scope: Scope, keys: Collection[str], until: date) -> dict[tuple[str, str], date]:
    """{(group, kind): its last day}: one look into the index per group and kind."""
    teams = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.key, s.kind, f.day FROM unnest(%(keys)s::varchar[]) AS k(key)"
            " CROSS JOIN unnest(%(kinds)s::varchar[]) AS s(kind) CROSS JOIN LATERAL ("
            " SELECT max(day) AS day FROM analytics_dayfigure WHERE dim = 'group' AND key = k.key AND kind = s.kind"
            f" AND day <= %(until)s {teams}) f WHERE f.day IS NOT NULL",
            {"keys": list(keys), "kinds": [_SENT, ACTIVE], "until": until, "teams": scope.teams},
        )
        return {(key, kind): day for key, kind, day in cursor.fetchall()}
