"""撤销: a person takes a contribution back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import UNSETTLED_RUN_STATES, PartState
from apps.campaigns.models import Contribution, Run
from apps.campaigns.services.engine import act_as_system
from apps.core.errors import Invalid, NotAllowed, WrongState

REVOKE = "campaigns.launch_campaign"


@transaction.atomic
def revoke_contribution(*, contribution: Contribution, reason: str, actor: User, now: datetime) -> None:
    """Void one contribution; the mechanic says what follows: seats, scores and gifts are re-derived (C7, C13).

    Audited. Raises ``NotAllowed`` without permission or sight, ``Invalid`` without a reason, ``WrongState`` once the
    run is settled or the contribution is void, and what the mechanic refuses.
    """
    seen = Contribution.objects.visible_to(actor).select_related("entry__run")
    found = seen.filter(pk=contribution.pk).first() if actor.has_perm(REVOKE) else None
    if found is None:
        raise NotAllowed(_("你不能撤销参与记录。"), hint=_("请有权限的同事处理。"))
    if not reason.strip():
        raise Invalid(_("请写明原因。"), hint=_("它会记入审计。"), field="reason")
    _check_unsettled(found.entry.run)
    if found.state == PartState.VOID:
        raise WrongState(_("这条记录已经作废。"), hint=_("刷新页面看看最新状态。"))
    act_as_system(
        entry_id=found.entry_id, verb="voided", part_id=found.pk, now=now, actor=actor, reason="staff"
    )
    # The run's row is shared by now, so what it says stands; before, settlement may have begun meanwhile.
    _check_unsettled(Run.objects.get(pk=found.run_id))
    audit(
        actor=actor,
        action="contribution.revoke",
        target=found,
        reason=reason.strip()[:500],
        entry=found.entry_id,
        member=found.member_id,
    )


def _check_unsettled(run: Run) -> None:
    if run.state not in UNSETTLED_RUN_STATES:
        raise WrongState(_("本期已经结算，不能再撤销。"), hint=_("礼品可以在“礼品发放”里作废。"))
