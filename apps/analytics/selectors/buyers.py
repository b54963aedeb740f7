"""Single members of a segment, as far as a person may see them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pyroaring import BitMap

from apps.accounts.models import User
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.scope import Scope
from apps.campaigns.selectors.names import public_name
from apps.members.models import Member


@dataclass(frozen=True)
class Buyer:
    """A member by public name; money is net of refunds, within the scope."""

    member_id: int
    name: str
    tier: str
    orders: int
    spent: Decimal
    last_paid_at: datetime | None


def buyers_of(members: BitMap, *, user: User, scope: Scope, limit: int = 100) -> list[Buyer]:
    """The ``limit`` of them who spent most. Two queries, whatever their number: they go as one array, as the rollups
    keep them. Members whom ``user`` may not see are left out."""
    if not members:
        return []
    where = "" if scope.teams is None else "WHERE v.team_id = ANY(%(teams)s)"
    with binary_cursor() as cursor:
        cursor.execute(
            "SELECT v.member_id, sum(v.orders)::bigint, sum(v.paid) - sum(v.refunded), max(v.last_paid_at)"
            " FROM unnest(%(members)s::bigint[]) AS m(id) JOIN analytics_membervalue v ON v.member_id = m.id"
            f" {where} GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT %(limit)s",
            {"members": list(members), "teams": scope.teams, "limit": limit * 2},
        )
        found = cursor.fetchall()
    people = {
        member.pk: member
        for member in Member.objects.visible_to(user)
        .filter(pk__in=[row[0] for row in found])
        .select_related("tier")
        .only("nickname", "tier__name")
    }
    return [
        Buyer(
            member_id,
            public_name(people[member_id].nickname),
            str(people[member_id].tier or ""),
            orders,
            spent,
            last,
        )
        for member_id, orders, spent, last in found
        if member_id in people
    ][:limit]
