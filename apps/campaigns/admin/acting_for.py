"""代成员操作: staff play a member's verb through the same engine, audited, one step after another on one page."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.accounts.models import User
from apps.campaigns.admin.pages import show, staff
from apps.campaigns.admin.run_pages import visible_run
from apps.campaigns.admin.verb_forms import inputs_of, posted_params
from apps.campaigns.enums import LIVE_ENTRY_STATES, EntryState
from apps.campaigns.mechanics.base import Mechanic, Refused, Verb, Who
from apps.campaigns.models import Entry, Run
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.services.engine import act, open_entry
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.numbers import whole
from apps.members.models import Member
from apps.members.selectors.search import search_members

_FOUND = 10
_ENTRIES = 20


def acting_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """``?q=`` finds members, ``?member=`` picks one, ``?code=`` an entry, ``?verb=`` what to do; POST does it."""
    run = visible_run(request, pk, "act_for_member")
    user = staff(request)
    mechanic = plan_of(run.pk, run.revision).mechanic
    term = request.GET.get("q", "").strip()
    member = _member(user, request.GET.get("member", ""))
    entry = _entry(run, request.GET.get("code", ""))
    verbs = _verbs(mechanic, entry, member)
    verb = next((one for one in verbs if one.key == request.GET.get("verb")), None)
    error: DomainError | None = None
    if request.method == "POST" and member is not None and verb is not None:
        try:
            outcome = _do(request, run, member, entry, verb)
        except DomainError as refusal:
            error = refusal
            messages.error(request, str(refusal))
        else:
            done = _("已经做过了，结果不变。") if outcome.is_repeat else _("已代“%(member)s”完成：%(verb)s。")
            messages.success(request, done % {"member": member, "verb": verb.label})
            return redirect("admin:campaigns_entry_change", outcome.entry_id)
    return show(
        model_admin,
        request,
        "act_for.html",
        title=_("代成员操作"),
        run=run,
        mechanic=mechanic,
        term=term,
        found=search_members(Member.objects.visible_to(user), term)[:_FOUND] if term else [],
        member=member,
        entry=entry,
        has_wrong_code=bool(request.GET.get("code")) and entry is None,
        own=_own(run, member),
        verbs=verbs,
        verb=verb,
        inputs=inputs_of(
            verb,
            entry=entry,
            request=request if request.method == "POST" else None,
            error_field=(error.field or "") if error else "",
            error=str(error) if error else "",
        )
        if verb
        else [],
        # Pressing twice does it once (C11).
        key=request.POST.get("key") or f"staff-{secrets.token_urlsafe(12)}",
    )


def _member(user: User, pk: str) -> Member | None:
    return Member.objects.visible_to(user).filter(pk=whole(pk) or 0).first()


def _entry(run: Run, code: str) -> Entry | None:
    """By its code, or by the whole link that was pasted."""
    tail = code.strip().rstrip("/").rpartition("/")[2][:20]
    return Entry.objects.filter(run=run, code=tail).select_related("owner").first() if tail else None


def _own(run: Run, member: Member | None) -> list[Entry]:
    if member is None:
        return []
    entries = Entry.objects.filter(run=run, owner=member, state__in=LIVE_ENTRY_STATES)
    return list(entries.order_by("-id")[:_ENTRIES])


def _verbs(mechanic: Mechanic[Any], entry: Entry | None, member: Member | None) -> list[Verb]:
    """What the member may do there, by role and state; the engine has the last word."""
    if member is None:
        return []
    if entry is None:
        return [mechanic.opening]
    roles = {Who.ANYONE, Who.OWNER if entry.owner_id == member.pk else Who.OTHERS}
    return [
        verb
        for verb in mechanic.verbs
        if not verb.opens and verb.who in roles and entry.state in (verb.in_states or (EntryState.OPEN,))
    ]


def _do(request: HttpRequest, run: Run, member: Member, entry: Entry | None, verb: Verb) -> Any:
    about: dict[str, Any] = {
        "member_id": member.pk,
        "params": posted_params(request, verb),
        "key": request.POST.get("key", "")[:80],
        "now": database_now(),
        "actor": staff(request),
    }
    if not about["key"]:
        raise Refused(_("这一页过期了。"), hint=_("刷新后再试。"), code="stale")
    if entry is None:
        return open_entry(run_id=run.pk, **about)
    return act(code=entry.code, verb=verb.key, **about)
