"""Whom a member has brought, net of those who have left again."""

from dataclasses import dataclass

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When

from apps.campaigns.models import ShareLink
from apps.groups.models import Membership
from apps.members.models import Member


@dataclass(frozen=True)
class Invitations:
    """``came`` have us from this member's links, ``left`` of them have left every group again; ``clicks`` on all
    links of the member."""

    came: int
    left: int
    clicks: int

    @property
    def net(self) -> int:
        return self.came - self.left


def invitees_of(member_id: int) -> QuerySet[Member]:
    """Members whose inviter this is, newest first, with ``has_left`` and ``is_in`` a group.

    Somebody who was never in a group has not left: only who was in one and is in none has.
    """
    stays = Membership.objects.filter(member=OuterRef("pk"))
    left = When(Exists(stays) & ~Exists(stays.filter(left_at__isnull=True)), then=Value(True))
    return (
        Member.objects.filter(inviter_id=member_id)
        .annotate(
            has_left=Case(left, default=Value(False), output_field=BooleanField()),
            is_in=Exists(stays.filter(left_at__isnull=True)),
            came_at=F("created_at"),
        )
        .order_by("-id")
    )


def invitations_of(member_id: int) -> Invitations:
    """The sums, in two queries."""
    people = invitees_of(member_id).order_by()
    sums = people.aggregate(came=Count("id"), left=Count("id", filter=Q(has_left=True)))
    clicks = ShareLink.objects.filter(inviter_id=member_id).aggregate(clicks=Sum("clicks"))["clicks"]
    return Invitations(sums["came"], sums["left"], clicks or 0)
