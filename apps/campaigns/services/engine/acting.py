"""The engine's four doors."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import LIVE_ENTRY_STATES, PartState
from apps.campaigns.mechanics.base import Action, Part, Refused, Verb, Who
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Entry, Run
from apps.campaigns.selectors.plans import Plan, plan_of
from apps.campaigns.services.engine.applying import carry_out
from apps.campaigns.services.engine.gates import (
    check_eligible,
    check_member,
    check_not_held_out,
    check_role,
    check_state,
    check_window,
)
from apps.campaigns.services.engine.once import once
from apps.campaigns.services.engine.outcome import Origin, Outcome
from apps.campaigns.services.engine.params import read_params
from apps.campaigns.services.engine.rows import (
    EntryRow,
    MemberRow,
    RunRow,
    lock_entries,
    lock_entry_for_member,
    lock_run_for_member,
)
from apps.campaigns.services.engine.scene import (
    Scene,
    actor_for,
    find_part,
    lock_with_others,
    others_of,
    with_parts,
)
from apps.core.errors import NotAllowed


def open_entry(
    *,
    run_id: int,
    member_id: int,
    params: Mapping[str, Any],
    key: str,
    now: datetime,
    origin: Origin | None = None,
    actor: User | None = None,
) -> Outcome:
    """The member opens an entry of the run by the mechanic's opening verb; returns it with its answer.

    ``key`` is the Idempotency-Key (C11); ``actor`` a member of staff acting for the member, audited. Raises
    ``Refused`` (``not_open``, ``ended``, ``blocked``, ``not_eligible``, ``entry_limit``, ``sold_out`` …),
    ``Invalid`` for parameters.
    """
    _check_proxy(actor, run_id=run_id)

    def work() -> tuple[int, Outcome]:
        found = lock_run_for_member(run_id, member_id)
        if found is None:
            raise _missing()
        run, member_row = found
        plan = plan_of(run.id, run.revision)
        verb = plan.mechanic.opening
        check_window(run, verb, now)
        member = check_member(member_row)
        is_new = member.known_since >= run.opens_at
        check_eligible(plan.eligibility, member, is_new=is_new)
        check_not_held_out(plan, member, is_new=is_new)
        action = Action(verb.key, actor_for(member_id, is_new=is_new), read_params(verb, params))
        scene = Scene(plan, run, action, now, secrets.randbits(62), origin=origin or Origin(), staff=actor)
        outcome = carry_out(plan.mechanic.decide(scene.turn()), scene)
        _audit_proxy(actor, verb, outcome, member_id)
        return run.id, outcome

    return once(member_id=member_id, key=key, request=(f"run:{run_id}", "", params), now=now, work=work)


def act(
    *,
    code: str,
    verb: str,
    member_id: int,
    params: Mapping[str, Any],
    key: str,
    now: datetime,
    origin: Origin | None = None,
    actor: User | None = None,
) -> Outcome:
    """The member plays ``verb`` on the entry with ``code``. As ``open_entry``; also ``not_yours``, ``own_entry``,
    ``wrong_state``, ``expired``, ``not_found`` and the mechanic's own refusals."""
    _check_proxy(actor, code=code)

    def work(linked: _Linked | None = None) -> tuple[int, Outcome]:
        others = lock_with_others(linked.run_id, linked.entry_id, linked.codes) if linked else {}
        found = lock_entry_for_member(code, member_id)
        if found is None:
            raise _missing()
        entry, run, member_row = found
        plan = plan_of(run.id, run.revision)
        asked = plan.mechanic.verb(verb)
        check_role(asked, entry.state, member_id)
        if linked is None and (
            codes := others_of(plan.mechanic, verb, entry.state.id, read_params(asked, params))
        ):
            raise _Linked(run.id, entry.state.id, codes)
        scene = _member_scene(
            plan,
            run,
            entry,
            others,
            asked,
            member_row,
            member_id,
            params,
            now=now,
            origin=origin,
            staff=actor,
        )
        outcome = carry_out(plan.mechanic.decide(scene.turn()), scene)
        _audit_proxy(actor, asked, outcome, member_id)
        return run.id, outcome

    request = (f"entry:{code}", verb, params)
    try:
        return once(member_id=member_id, key=key, request=request, now=now, work=work)
    except _Linked as linked:
        # Let go of the one lock, and take all of them in order.
        return once(member_id=member_id, key=key, request=request, now=now, work=partial(work, linked))


@transaction.atomic
def act_as_staff(
    *, entry_id: int, verb: str, params: Mapping[str, Any], actor: User, now: datetime
) -> Outcome:
    """A member of staff plays one of the mechanic's staff verbs (review, moderate, arbitrate), audited.

    Raises ``NotAllowed`` without sight of the run, ``Refused``, ``Invalid``.
    """
    run_of = Entry.objects.filter(pk=entry_id).values_list("run_id", flat=True).first()
    if run_of is None or not Run.objects.visible_to(actor).filter(pk=run_of).exists():
        raise NotAllowed(_("这一期属于别的团队。"), hint=_("请架构师把你加进对应的团队。"))
    plan, run, entry, others, asked, raw = _lock_for_system(entry_id, verb, params)
    if asked is None or asked.who != Who.STAFF:
        raise Refused(_("没有这个操作。"), hint=_("刷新页面再试。"), code="unknown_verb")
    check_window(run, asked, now)
    check_state(asked, entry.state, now)
    part = _part_of(asked, raw, entry)
    action = Action(verb, actor_for(None, is_staff=True), raw, part)
    scene = Scene(plan, run, action, now, entry.state.seed, entry, others, staff=actor)
    outcome = carry_out(plan.mechanic.decide(scene.turn()), scene)
    audit(
        actor=actor,
        action=f"campaign.{verb}",
        target=Entry(pk=entry_id, code=entry.state.code),
        reason=str(raw.get("note", ""))[:500],
    )
    return outcome


@transaction.atomic
def act_as_system(
    *,
    entry_id: int,
    verb: str,
    now: datetime,
    part_id: int | None = None,
    is_closing: bool = False,
    actor: User | None = None,
    reason: str = "",
) -> Outcome | None:
    """``expire`` an entry, or tell it that the order of a part was ``paid`` or has ``lapsed``, or that the part
    is ``voided`` (``reason``: ``left``, ``risk``, ``refunded`` or ``staff``, kept with it), or that the order which
    paid for it beside another was ``refunded`` in full.

    Returns ``None`` when there is nothing (left) to do: the entry has ended, the part is void already. So it may
    be called any number of times.
    """
    plan, run, entry, others, _verb, _raw = _lock_for_system(entry_id, verb, {})
    part = None
    if part_id is not None:
        part = find_part(entry.state, part_id, entry_id=entry_id)
        if part is None or (verb in ("paid", "lapsed") and part.state != PartState.PENDING):
            return None
    if verb == "expire" and entry.state.state not in LIVE_ENTRY_STATES:
        return None
    if verb == "expire" and not is_closing and not _is_over(entry, now):
        return None
    action = Action(verb, actor_for(None), {"reason": reason} if reason else {}, part)
    scene = Scene(plan, run, action, now, entry.state.seed, entry, others, staff=actor, is_closing=is_closing)
    return carry_out(plan.mechanic.decide(scene.turn()), scene)


class _Linked(Exception):
    """Entries that must be locked together, in order of id, with the one that was asked for."""

    def __init__(self, run_id: int, entry_id: int, codes: list[str]) -> None:
        super().__init__(run_id, entry_id)
        self.run_id = run_id
        self.entry_id = entry_id
        self.codes = codes


# --- the steps between ------------------------------------------------------------------------------


def _member_scene(
    plan: Plan,
    run: RunRow,
    entry: EntryRow,
    others: dict[str, EntryRow],
    verb: Verb,
    member_row: MemberRow | None,
    member_id: int,
    params: Mapping[str, Any],
    *,
    now: datetime,
    origin: Origin | None,
    staff: User | None,
) -> Scene:
    check_window(run, verb, now)
    member = check_member(member_row)
    is_new = member.known_since >= run.opens_at
    if member_id != entry.state.owner_id:
        check_eligible(plan.eligibility, member, is_new=is_new)
        check_not_held_out(plan, member, is_new=is_new)
    check_state(verb, entry.state, now)
    typed = read_params(verb, params)
    entry, others = with_parts(entry, others, verb=verb, member_id=member_id)
    action = Action(verb.key, actor_for(member_id, is_new=is_new), typed, _part_of(verb, typed, entry))
    return Scene(
        plan, run, action, now, entry.state.seed, entry, others, origin=origin or Origin(), staff=staff
    )


def _lock_for_system(
    entry_id: int, verb: str, params: Mapping[str, Any]
) -> tuple[Plan, RunRow, EntryRow, dict[str, EntryRow], Verb | None, dict[str, Any]]:
    # Not by the plan: without a lock its revision may be gone before it is read.
    run_id, key = Entry.objects.values_list("run_id", "run__mechanic").get(pk=entry_id)
    mechanic = get_mechanic(key)
    asked = next((one for one in mechanic.verbs if one.key == verb), None)
    if asked is None and not hasattr(mechanic, f"on_{verb}"):
        mechanic.verb(verb)
    typed = read_params(asked, params) if asked else {}
    others = lock_with_others(run_id, entry_id, others_of(mechanic, verb, entry_id, typed))
    ((entry, run),) = lock_entries([entry_id])
    entry, others = with_parts(entry, others, verb=None, member_id=None)
    return plan_of(run.id, run.revision), run, entry, others, asked, typed


def _part_of(verb: Verb, typed: dict[str, Any], entry: EntryRow) -> Part | None:
    wanted = typed.get("part")
    if wanted is None:
        return None
    part = find_part(entry.state, wanted, entry_id=entry.state.id)
    if part is None:
        raise Refused(_("找不到这条记录，可能已经作废。"), hint=_("刷新页面再试。"), code="no_such_part")
    return part


def _is_over(entry: EntryRow, now: datetime) -> bool:
    return entry.state.expires_at is not None and entry.state.expires_at <= now


def _missing() -> Refused:
    return Refused(_("链接不对，或活动已经下线。"), hint=_("请向发给你链接的人再要一次。"), code="not_found")


def _check_proxy(actor: User | None, *, run_id: int | None = None, code: str | None = None) -> None:
    if actor is None:
        return
    runs = Run.objects.visible_to(actor)
    runs = runs.filter(pk=run_id) if run_id is not None else runs.filter(entries__code=code)
    if not actor.has_perm("campaigns.act_for_member") or not runs.exists():
        raise NotAllowed(_("你不能代成员操作。"), hint=_("请有“代成员操作”权限的同事处理。"))


def _audit_proxy(actor: User | None, verb: Verb, outcome: Outcome, member_id: int) -> None:
    if actor is not None:
        audit(
            actor=actor,
            action="campaign.act_for_member",
            target=Entry(pk=outcome.entry_id, code=outcome.code),
            verb=verb.key,
            member=member_id,
        )
