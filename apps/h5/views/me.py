"""我的: what waits for the member, what they have, whom they brought."""

from math import ceil

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Entry
from apps.campaigns.selectors.names import initial_of
from apps.campaigns.selectors.wallet import entries_of
from apps.h5.selectors.invitations import invitations_of, invitees_of
from apps.h5.selectors.mine import consents_of, figures_of, joined_entries, needs_of
from apps.h5.views.base import member_id_of, member_page, now_of
from apps.h5.views.paging import page_by_key
from apps.members.enums import PointsReason, way_words
from apps.members.models import Member, MembershipEntry, PointsEntry

_DAY = 24 * 3600
_SHOWN = 10


def own_id(request: HttpRequest) -> int:
    """The member who looks; for pages behind ``member_page``."""
    member_id = member_id_of(request)
    assert member_id is not None
    return member_id


@require_safe
@member_page
def me(request: HttpRequest) -> HttpResponse:
    """What needs doing comes first, then the shelves."""
    member_id, now = own_id(request), now_of(request)
    member = Member.objects.select_related("tier").get(pk=member_id)
    until = member.membership_until
    context = {
        "member": member,
        "initial": initial_of(member.nickname),
        "needs": needs_of(member_id, now=now),
        "figures": figures_of(member_id, now=now),
        "invitations": invitations_of(member_id),
        "days": ceil((until - now).total_seconds() / _DAY) if until and until > now else 0,
        "consents": [(row, way_words(row.source)) for row in consents_of(member_id)[:_SHOWN]],
        "now": now,
    }
    return render(request, "h5/me/me.html", context)


@require_safe
@member_page
def my_entries(request: HttpRequest) -> HttpResponse:
    """Entries that the member opened, or (``?of=joined``) others' in which they take part."""
    is_joined = request.GET.get("of") == "joined"
    entries = joined_entries(own_id(request)) if is_joined else entries_of(own_id(request))
    rows, before = page_by_key(request, entries)
    context = {"rows": [(entry, get_mechanic(entry.run.mechanic), _left(entry)) for entry in rows]}
    return render(
        request,
        "h5/me/entries.html",
        context | {"is_joined": is_joined, "before": before, "now": now_of(request)},
    )


@require_safe
@member_page
def my_points(request: HttpRequest) -> HttpResponse:
    """The balance and the ledger that makes it up, and the membership's days."""
    member_id = own_id(request)
    member = Member.objects.get(pk=member_id)
    rows, before = page_by_key(request, PointsEntry.objects.filter(member_id=member_id).order_by("-id"))
    days = MembershipEntry.objects.filter(member_id=member_id).order_by("-id")
    context = {
        "member": member,
        # What staff wrote to themselves stays with them: only a campaign's note is for members.
        "rows": [(row, row.note if row.reason == PointsReason.CAMPAIGN else "") for row in rows],
        "before": before,
        "days": list(days[:_SHOWN]),
        "now": now_of(request),
    }
    return render(request, "h5/me/points.html", context)


@require_safe
@member_page
def my_invites(request: HttpRequest) -> HttpResponse:
    """Who came by the member's links: one character of each name, and who has left again."""
    member_id = own_id(request)
    rows, before = page_by_key(request, invitees_of(member_id))
    people = [(person, initial_of(person.nickname)) for person in rows]
    context = {"invitations": invitations_of(member_id), "rows": people, "before": before}
    return render(request, "h5/me/invites.html", context)


def _left(entry: Entry) -> int | None:
    """Free places, where they are bounded."""
    if entry.capacity is None:
        return None
    return max(entry.capacity - entry.count - entry.pending_count, 0)
