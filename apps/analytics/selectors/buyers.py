"""Single members of a segment, as far as a person may see them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max, Sum
from pyroaring import BitMap

from apps.accounts.models import User
from apps.analytics.models import MemberValue
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
    """The ``limit`` of them who spent most. Two queries. Members whom ``user`` may not see are left out."""
    values = MemberValue.objects.filter(member_id__in=list(members))
    if scope.teams is not None:
        values = values.filter(team_id__in=scope.teams)
    found = list(
        values.values("member_id")
        .annotate(count=Sum("orders"), spent=Sum("paid") - Sum("refunded"), last=Max("last_paid_at"))
        .order_by("-spent", "member_id")[: limit * 2]
    )
    people = {
        member.pk: member
        for member in Member.objects.visible_to(user)
        .filter(pk__in=[row["member_id"] for row in found])
        .select_related("tier")
        .only("nickname", "tier__name")
    }
    return [
        Buyer(
            row["member_id"],
            public_name(people[row["member_id"]].nickname),
            str(people[row["member_id"]].tier or ""),
            row["count"],
            row["spent"],
            row["last"],
        )
        for row in found
        if row["member_id"] in people
    ][:limit]
