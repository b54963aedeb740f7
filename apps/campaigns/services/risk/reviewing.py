"""复核: a person releases or voids what was held (C13)."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import FlagState, GrantState, PartState, RunState, Verdict
from apps.campaigns.models import Contribution, Entry, Flag, Grant, Run
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.services.engine import act_as_system
from apps.campaigns.services.engine.scene import lock_with_others, others_of
from apps.campaigns.services.granting.holding import release_held
from apps.campaigns.services.granting.taking import void_grant
from apps.core.errors import Invalid, NotAllowed, WrongState

REVIEW = "campaigns.review_flag"
#: A ranked run's scores are frozen from here on: its ranks stand, only gifts are decided on (C7).
_FROZEN = frozenset({RunState.SETTLING, RunState.SETTLED})
_LONGEST_NOTE = 300
_TRIES = 3


@dataclass(frozen=True)
class Reviewed:
    """What a verdict did. ``kept``: gifts wanted back that the member has used or that are under way."""

    flags: int
    voided_parts: int = 0
    released: int = 0
    voided: int = 0
    kept: int = 0


def review_entry(*, entry_id: int, verdict: Verdict, note: str, actor: User, now: datetime) -> Reviewed:
    """Decide on everything that is open about an entry, with a reason, audited.

    ``release``: held grants go on their way. ``void``: the doubtful contributions are voided through the engine, so
    that count, score and rank follow; gifts of the owner and of the accused are voided, whatever can be; other
    helpers' held gifts go on their way. ``strike``: the same contributions are voided, and what is still earned
    without them is given. Of a ranked run that settles or has settled, contributions and ranks stand.

    Of two at once one wins: the other gets ``WrongState``. Raises ``NotAllowed`` without permission or sight of the
    run (S1), ``Invalid`` without a note, and what the mechanic refuses.
    """
    _check(actor, entry_id)
    note = " ".join(note.split())
    if not note:
        raise Invalid(
            _("请写明复核的理由。"), hint=_("一句话就好，它会留在记录里，成员申诉时用得上。"), field="note"
        )
    for attempt in range(_TRIES):
        try:
            return _review(entry_id, verdict, note[:_LONGEST_NOTE], actor, now)
        except OperationalError:
            # Several contributions are voided one after the other: a member's verb may have stood in the way.
            if attempt == _TRIES - 1 or connection.in_atomic_block:
                raise
            time.sleep(0.05)
    raise AssertionError("unreachable")


@transaction.atomic
def _review(entry_id: int, verdict: Verdict, note: str, actor: User, now: datetime) -> Reviewed:
    entry = _lock(entry_id)
    flags = list(
        Flag.objects.select_for_update(of=("self",))
        .filter(entry=entry, state=FlagState.OPEN)
        .order_by("pk")
        .only("pk", "member_id", "contribution_id", "rule", "score")
    )
    if not flags:
        raise WrongState(_("这一单已经复核过了。"), hint=_("刷新页面看看结果。"), code="reviewed")
    doubtful = _doubtful(entry, flags)
    accused = {flag.member_id for flag in flags}
    if verdict == Verdict.STRIKE and not doubtful:
        raise Invalid(
            _("没有可以单独作废的参与记录。"),
            hint=_("这些疑点针对整单：请放行，或全部作废。"),
            field="verdict",
        )
    state = FlagState.RELEASED if verdict == Verdict.RELEASE else FlagState.VOIDED
    # Conditional and under the entry's lock; the table of moves allows both from open.
    Flag.objects.filter(pk__in=[flag.pk for flag in flags], state=FlagState.OPEN).update(
        state=state, decided_by=actor, decided_at=now, note=note, updated_at=now
    )
    done = Reviewed(len(flags))
    if verdict != Verdict.RELEASE:
        done = _void(entry, doubtful, flags=len(flags), actor=actor, now=now)
    if verdict == Verdict.VOID:
        done = _void_gifts(entry, accused | {entry.owner_id}, done, note=note, actor=actor, now=now)
    released = _release(entry, note=note, actor=actor, now=now)
    done = Reviewed(done.flags, done.voided_parts, released, done.voided, done.kept)
    audit(
        actor=actor,
        action=f"flag.{verdict.value}",
        target=entry,
        reason=note,
        rules=sorted({flag.rule for flag in flags}),
        score=sum(flag.score for flag in flags),
        **{name: value for name, value in vars(done).items() if value},
    )
    return done


def _check(actor: User, entry_id: int) -> None:
    if not actor.is_active or not actor.has_perm(REVIEW):
        raise NotAllowed(_("你没有风控复核的权限。"), hint=_("需要的话，请联系社群架构师开通。"))
    if not Run.objects.visible_to(actor).filter(entries__pk=entry_id).exists():
        raise NotAllowed(_("这一单属于别的团队。"), hint=_("请那个团队的同事复核。"))


def _lock(entry_id: int) -> Entry:
    """The entry, with all that the mechanic will lock beside it, in the house's order."""
    entry = Entry.objects.select_related("run").get(pk=entry_id)
    mechanic = plan_of(entry.run_id, entry.run.revision).mechanic
    lock_with_others(entry.run_id, entry_id, others_of(mechanic, "voided", entry_id, {}))
    # The locks share the run's row, so its state stays from here on.
    return Entry.objects.select_related("run__campaign").get(pk=entry_id)


def _doubtful(entry: Entry, flags: Iterable[Flag]) -> list[int]:
    """Live contributions that the flags name, seats first: a mechanic may void what hangs on them along with them."""
    run = entry.run
    if run.state in _FROZEN and plan_of(run.pk, run.revision).mechanic.is_ranked:
        return []
    named = {flag.contribution_id for flag in flags if flag.contribution_id is not None}
    live = Contribution.objects.filter(pk__in=named).exclude(state=PartState.VOID)
    return list(live.order_by("-is_seat", "pk").values_list("pk", flat=True))


def _void(entry: Entry, doubtful: list[int], *, flags: int, actor: User, now: datetime) -> Reviewed:
    before = _standing(entry)
    voided = 0
    for part_id in doubtful:
        outcome = act_as_system(
            entry_id=entry.pk, verb="voided", part_id=part_id, reason="risk", actor=actor, now=now
        )
        voided += outcome is not None
    return Reviewed(flags, voided, 0, before - _standing(entry))


def _standing(entry: Entry) -> int:
    return Grant.objects.filter(entry=entry).exclude(state=GrantState.VOID).count()


def _void_gifts(
    entry: Entry, members: set[int], done: Reviewed, *, note: str, actor: User, now: datetime
) -> Reviewed:
    gifts = Grant.objects.filter(entry=entry, member_id__in=members).exclude(state=GrantState.VOID)
    results = [
        void_grant(grant=grant, reason=note[:120], actor=actor, now=now) for grant in gifts.order_by("pk")
    ]
    voided = sum(results)
    return Reviewed(done.flags, done.voided_parts, 0, done.voided + voided, len(results) - voided)


def _release(entry: Entry, *, note: str, actor: User, now: datetime) -> int:
    held = list(Grant.objects.filter(entry=entry, state=GrantState.HELD).order_by("pk"))
    for grant in held:
        release_held(grant=grant, actor=actor, now=now, reason=note)
    return len(held)
