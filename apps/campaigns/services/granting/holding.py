"""Letting go of what was held, and paying for what was earned without budget."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import GRANT_MOVES, GrantState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Grant
from apps.campaigns.risk.policy import policy_of
from apps.campaigns.services.engine.rows import lock_entries
from apps.campaigns.services.granting import stock
from apps.campaigns.services.granting.facts import record_granted
from apps.campaigns.services.granting.pending import issue_locked
from apps.campaigns.services.risk.flags import open_score
from apps.core.models import move


@transaction.atomic
def release_held(*, grant: Grant, actor: User | None, now: datetime, reason: str = "") -> Grant:
    """Let a held grant go on its way, at once where it can (C13); audited. Raises ``WrongState`` for any other state:
    many lead to ``pending``, each by a door of its own.

    Its cost was counted when it was given, so nothing can be lacking but codes: then it is ``failed`` until more
    come.
    """
    locked = _lock(grant)
    move(locked, GrantState.PENDING, table=_only(GrantState.HELD), reason="")
    issue_locked([locked], now=now)
    audit(actor=actor, action="grant.release", target=locked, reason=reason[:500])
    locked.refresh_from_db()
    return locked


@transaction.atomic
def hold_grant(*, grant: Grant, reason: str, now: datetime) -> bool:
    """Stop a grant that has not set out (C13); False if it has, or waits for nothing that could be stopped."""
    locked = _lock(grant)
    if GrantState.HELD not in GRANT_MOVES.get(GrantState(locked.state), frozenset()):
        return False
    if locked.state == GrantState.UNFUNDED:
        return False  # it costs nothing yet, and a person funds it
    move(locked, GrantState.HELD, table=GRANT_MOVES, reason=reason[:120])
    return True


@transaction.atomic
def fund_unfunded(*, grant: Grant, actor: User | None, now: datetime) -> Grant:
    """Give what was earned when budget or stock had run out, now that there is some; audited. Under suspicion it is
    counted and held (C13).

    Raises ``WrongState``, or ``Refused`` with ``no_budget`` or ``sold_out``.
    """
    found = Grant.objects.only("run_id", "entry_id", "benefit_id", "cost", "quantity").get(pk=grant.pk)
    lock_entries([found.entry_id])
    if not stock.spend(run_id=found.run_id, cost=found.cost):
        raise Refused(
            _("本期预算还不够 %(cost)s 元。") % {"cost": found.cost},
            hint=_("先在这一期里追加预算。"),
            code="no_budget",
        )
    if stock.take(benefit_id=found.benefit_id, quantity=found.quantity) is None:
        raise Refused(_("礼品库存不够。"), hint=_("先给礼品补库存。"), code="sold_out")
    locked = _lock(grant)
    campaign = locked.run.campaign
    if open_score(found.entry_id) >= policy_of(locked.run.plan.get("risk", {})).hold_from:
        # What is paid for now was earned under suspicion: it waits for its review like the rest (C13).
        move(locked, GrantState.HELD, table=_only(GrantState.UNFUNDED), reason="risk")
    else:
        move(locked, GrantState.PENDING, table=_only(GrantState.UNFUNDED), reason="")
        issue_locked([locked], now=now)
    record_granted([locked], team_id=campaign.team_id, campaign_id=campaign.pk, now=now)
    audit(actor=actor, action="grant.fund", target=locked)
    locked.refresh_from_db()
    return locked


@transaction.atomic
def retry_failed(*, grant: Grant, actor: User | None, now: datetime) -> Grant:
    """Try a failed grant again; audited. A red packet whose number the provider has closed gets a new one."""
    locked = _lock(grant)
    is_closed = bool(locked.provider_data.get("is_closed"))
    move(
        locked,
        GrantState.PENDING,
        table=_only(GrantState.FAILED),
        reason="",
        next_at=None,
        provider_no="" if is_closed else locked.provider_no,
        provider_data={},
    )
    issue_locked([locked], now=now)
    audit(actor=actor, action="grant.retry", target=locked)
    locked.refresh_from_db()
    return locked


def _only(state: GrantState) -> dict[str, frozenset[str]]:
    return {state: GRANT_MOVES[state]}


def _lock(grant: Grant) -> Grant:
    return (
        Grant.objects.select_for_update(of=("self",))
        .select_related("benefit", "member", "run__campaign")
        .get(pk=grant.pk)
    )
