"""Taking grants back: by the mechanic that gave them, by risk, by staff."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import COSTED_GRANT_STATES, GRANT_MOVES, GrantState
from apps.campaigns.models import Coupon, Grant
from apps.campaigns.services.granting import stock
from apps.campaigns.services.granting.facts import record_voided
from apps.campaigns.services.granting.kinds import KINDS, LEDGERS
from apps.campaigns.services.granting.telling import grant_url, tell_run
from apps.core.models import move
from apps.members.models import Member

#: On their way, or arrived, by another's hands: nothing to call back.
_GONE = frozenset({GrantState.SENDING, GrantState.UNKNOWN, GrantState.SHIPPED, GrantState.VOID})


def take_back(*, entry_id: int, give_key: str, reason: str, now: datetime) -> int:
    """Void the grants that the entry gave under ``give_key`` and that have not been used, shipped or sent (C13);
    returns how many. Their cost and stock are given back exactly; staff hear of what could not be taken back.

    What the mechanic took back may be earned again: its key is freed. What a person voided may not.
    Runs in the caller's transaction, which holds the entry's lock.
    """
    found = Grant.objects.filter(entry_id=entry_id, give_key=give_key).exclude(state=GrantState.VOID)
    voided = _void(list(found.values_list("pk", flat=True)), reason=reason, actor=None, now=now)
    Grant.objects.filter(pk__in=voided).update(key=Concat(F("key"), Value(":void:"), Cast("id", CharField())))
    return len(voided)


def lock_for_giving(
    *,
    run_id: int,
    entry_id: int,
    give_keys: Sequence[str],
    benefit_ids: Iterable[int],
    member_ids: Iterable[int],
) -> None:
    """Lock at once, in the house's order, all that several steps of one decision will change: what is taken back
    (``give_keys``), then given and moved (``benefit_ids``, ``member_ids``). One step after the other they would meet
    those of another run in the opposite order."""
    taken = Grant.objects.filter(entry_id=entry_id, give_key__in=give_keys).exclude(state=GrantState.VOID)
    rows = list(taken.values_list("pk", "benefit_id", "member_id", "kind"))
    if benefits := {row[1] for row in rows} | set(benefit_ids):
        stock.lock(run_id=run_id, benefit_ids=benefits)
    grants = [row[0] for row in rows]
    _lock_rows(Grant.objects.filter(pk__in=grants))
    _lock_rows(Coupon.objects.filter(grant__in=grants))
    ledgers = {row[2] for row in rows if row[3] in LEDGERS} | set(member_ids)
    _lock_rows(Member.objects.filter(pk__in=ledgers))


def _lock_rows(rows: QuerySet[Any]) -> None:
    list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))


@transaction.atomic
def void_grant(*, grant: Grant, reason: str, actor: User | None, now: datetime) -> bool:
    """Void one grant, audited; False if the member has used, spent or seen it already: then it stays as it is,
    ``reason`` says that it was wanted back, and staff are told."""
    audit(actor=actor, action="grant.void", target=grant, reason=reason[:500])
    is_void = bool(_void([grant.pk], reason=reason, actor=actor, now=now))
    grant.refresh_from_db()
    return is_void


def _void(ids: Sequence[int], *, reason: str, actor: User | None, now: datetime) -> list[int]:
    """Void what can be; returns ids."""
    voided: list[int] = []
    if not ids:
        return voided
    for grant in _locked(ids):
        if grant.state == GrantState.VOID:
            continue
        if grant.state in _GONE or (
            grant.state == GrantState.ISSUED and not KINDS[grant.kind].take_back(grant, now)
        ):
            _keep(grant, reason)
            continue
        was_costed = grant.state in COSTED_GRANT_STATES
        if was_costed:
            stock.unspend(run_id=grant.run_id, cost=grant.cost)
            stock.put_back(benefit_id=grant.benefit_id, quantity=grant.quantity)
        move(grant, GrantState.VOID, table=GRANT_MOVES, reason=reason[:120])
        voided.append(grant.pk)
        if was_costed:
            record_voided(grant, actor=actor, now=now)
    return voided


def _locked(ids: Iterable[int]) -> list[Grant]:
    """The grants, locked, after what their void will change: the house's order of locks."""
    unlocked = list(Grant.objects.filter(pk__in=ids).values_list("run_id", "benefit_id"))
    for run_id in sorted({run_id for run_id, _benefit in unlocked}):
        stock.lock(run_id=run_id, benefit_ids={benefit for run, benefit in unlocked if run == run_id})
    return list(
        Grant.objects.filter(pk__in=ids)
        .select_for_update(of=("self",))
        .select_related("benefit", "run__campaign")
        .order_by("pk")
    )


def _keep(grant: Grant, reason: str) -> None:
    """It stays given; a person should know that it was wanted back."""
    Grant.objects.filter(pk=grant.pk).update(reason=(_("要求收回：%s") % reason)[:120])
    tell_run(
        grant.run,
        key=f"grant:{grant.pk}:kept",
        text=_("“%(benefit)s”已经用掉或发出，收不回来，请人工处理。") % {"benefit": grant.benefit.name},
        url=grant_url(grant),
        level=NoticeLevel.WARNING,
    )
