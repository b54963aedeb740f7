"""复制成功率: groups made after a model group, against it, each over its own first days."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.copying import FIRST_DAYS, Start, reaches
from apps.analytics.metrics.facts import ACTIVE
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.events.enums import EventKind
from apps.groups.models import Group

_KINDS = (
    EventKind.GROUP_JOINED.value,
    ACTIVE,
    EventKind.ORDER_PAID.value,
    EventKind.ORDER_REFUNDED.value,
)


@dataclass(frozen=True)
class Copy:
    """A copy with its model; ``ends_on`` is the last of its first days. None: nobody has joined yet.

    ``is_model_seen`` False: the model belongs to no team of the scope, so nothing of it is known, nor its name said.
    """

    group_id: int
    model_id: int
    start: Start | None
    model: Start | None
    ends_on: date | None = None
    is_model_seen: bool = True

    @property
    def is_reached(self) -> bool | None:
        """None where there is nothing to measure by: not known is not "not reached"."""
        if self.start is None or self.model is None:
            return None
        return reaches(self.start, self.model)


@dataclass
class _Sum:
    joined: BitMap = field(default_factory=BitMap)
    active: BitMap = field(default_factory=BitMap)
    revenue: Decimal = Decimal(0)

    def start(self) -> Start:
        return Start(len(self.joined), len(self.active), self.revenue)


def copies_of(scope: Scope) -> list[Copy]:
    """Every copied group of the scope with its own and its model's first days."""
    groups = Group.objects.filter(model__isnull=False)
    if scope.team_ids is not None:
        groups = groups.filter(team__in=scope.team_ids)
    found = list(groups.order_by("pk").values_list("pk", "model_id", "model__team"))
    pairs = [(copy, model, scope.team_ids is None or team in scope.team_ids) for copy, model, team in found]
    ids = {number for copy, model, is_seen in pairs for number in ((copy, model) if is_seen else (copy,))}
    first = _first_days(scope, ids)
    starts = _starts(scope, first)
    return [
        Copy(
            copy,
            model,
            starts.get(copy),
            starts.get(model) if is_seen else None,
            first[copy] + timedelta(days=FIRST_DAYS - 1) if copy in first else None,
            is_seen,
        )
        for copy, model, is_seen in pairs
    ]


def copies(
    scope: Scope, period: Period, _dim: Dimension, _keys: Collection[str] | None
) -> dict[str, tuple[int, int]]:
    """{"": (copies that reached their model, copies)} of those whose first days ended in the period."""
    due = [
        copy
        for copy in copies_of(scope)
        if copy.ends_on is not None and copy.model is not None and period.first <= copy.ends_on <= period.last
    ]
    return {"": (sum(copy.is_reached is True for copy in due), len(due))}


def _first_days(scope: Scope, ids: Collection[int]) -> dict[int, date]:
    if not ids:
        return {}
    teams = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, min(day) FROM analytics_dayfigure WHERE dim = 'group' AND kind = %(kind)s"
            f" AND key = ANY(%(keys)s) {teams} GROUP BY key",
            {"kind": _KINDS[0], "keys": [str(number) for number in ids], "teams": scope.teams},
        )
        return {int(key): day for key, day in cursor.fetchall()}


def _starts(scope: Scope, first: dict[int, date]) -> dict[int, Start]:
    if not first:
        return {}
    teams = "" if scope.teams is None else "AND f.team_id = ANY(%(teams)s)"
    sums = {number: _Sum() for number in first}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.key, f.kind, f.value, f.members FROM unnest(%(keys)s::varchar[], %(firsts)s::date[])"
            " AS p(key, first) JOIN analytics_dayfigure f ON f.dim = 'group' AND f.key = p.key"
            f" AND f.kind = ANY(%(kinds)s) AND f.day >= p.first AND f.day < p.first + {FIRST_DAYS} {teams}",
            {
                "keys": [str(number) for number in first],
                "firsts": list(first.values()),
                "kinds": list(_KINDS),
                "teams": scope.teams,
            },
        )
        for key, kind, value, raw in cursor.fetchall():
            found, members = sums[int(key)], BitMap.deserialize(bytes(raw)) if raw else BitMap()
            if kind == _KINDS[0]:
                found.joined |= members
            elif kind == ACTIVE:
                found.active |= members
            else:
                found.revenue += value if kind == _KINDS[2] else -value
    return {number: found.start() for number, found in sums.items()}
