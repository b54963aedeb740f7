"""An entry's page: how far it is, who took part, what was given, what is suspicious, what staff may do."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.accounts.admin.base import run_service
from apps.campaigns.admin.pages import show, staff
from apps.campaigns.admin.queue_page import verb_form
from apps.campaigns.admin.run_pages import visible_entry
from apps.campaigns.enums import UNSETTLED_RUN_STATES, RunState
from apps.campaigns.models import Contribution, Entry, Flag, Grant
from apps.campaigns.selectors.pages import entry_view
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.selectors.staff_work import (
    PERMISSION,
    is_of_part,
    photos_of,
    sides_of,
    staff_verbs,
    written,
)
from apps.campaigns.services.revoking import REVOKE, revoke_contribution
from apps.core.clock import database_now
from apps.orders.models import Order

#: Contributions that one page shows, the latest.
_PARTS = 200


def page_view(model_admin: ModelAdmin, request: HttpRequest, pk: str) -> HttpResponse:
    entry = visible_entry(request, pk)
    user = staff(request)
    now = database_now()
    mechanic = plan_of(entry.run_id, entry.run.revision).mechanic
    parts = list(
        Contribution.objects.filter(entry=entry)
        .select_related("member", "order")
        .order_by("-id")[: _PARTS + 1]
    )
    verbs = staff_verbs(mechanic, state=entry.state) if user.has_perm(PERMISSION) else []
    may_revoke = user.has_perm(REVOKE) and entry.run.state in UNSETTLED_RUN_STATES
    grants = Grant.objects.filter(entry=entry).select_related("benefit", "member").defer("address")
    return show(
        model_admin,
        request,
        "entry_page.html",
        title=_("参与单 %(code)s") % {"code": entry.code},
        entry=entry,
        mechanic=mechanic,
        page=entry_view(entry, member_id=entry.owner_id, now=now),
        facts=written(mechanic, entry.data),
        photos=photos_of(entry.data),
        sides=sides_of([entry])[entry.pk],
        parts=[(part, written(mechanic, part.data), photos_of(part.data)) for part in parts[:_PARTS]],
        has_more=len(parts) > _PARTS,
        part_forms=[verb_form(verb, entry) for verb in verbs if is_of_part(verb)],
        entry_forms=[verb_form(verb, entry) for verb in verbs if not is_of_part(verb)],
        grants=list(grants.order_by("id")) if user.has_perm("campaigns.view_grant") else [],
        flags=list(Flag.objects.filter(entry=entry).order_by("-id"))
        if user.has_perm("campaigns.view_flag")
        else [],
        may_revoke=may_revoke,
        may_act_for=user.has_perm("campaigns.act_for_member") and entry.run.state == RunState.OPEN,
        sees_orders=user.has_perm("orders.view_order"),
        seen_orders=_seen_orders(user, parts),
        here=request.path,
        now=now,
    )


def _seen_orders(user: Any, parts: list[Contribution]) -> set[int]:
    """Orders whose page the user may open (S1)."""
    ids = [part.order_id for part in parts if part.order_id]
    if not ids or not user.has_perm("orders.view_order"):
        return set()
    return set(Order.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


def revoke_view(model_admin: ModelAdmin, request: HttpRequest, pk: int, part: int) -> HttpResponse:
    return _revoke(request, visible_entry(request, pk, "launch_campaign"), part)


@require_POST
def _revoke(request: HttpRequest, entry: Entry, part_id: int) -> HttpResponse:
    part = Contribution.objects.filter(entry=entry, pk=part_id).first()
    if part is None:
        raise Http404
    run_service(
        request,
        lambda: revoke_contribution(
            contribution=part,
            reason=request.POST.get("reason", ""),
            actor=staff(request),
            now=database_now(),
        ),
        success=_("已撤销，进度和礼品已重新计算。"),
    )
    return redirect("admin:campaigns_entry_change", entry.pk)
