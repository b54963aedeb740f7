"""Asking for and giving approval."""

from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import APPROVAL_MOVES, ApprovalState
from apps.accounts.models import Approval, Team, User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid, NotAllowed
from apps.core.models import move


@transaction.atomic
def request_approval(
    *, subject: models.Model, title: str, fingerprint: str, team: Team | None, actor: User
) -> Approval:
    """Open a pending approval for ``subject``; an older pending one is withdrawn first."""
    subject_type = ContentType.objects.get_for_model(subject)
    Approval.objects.filter(
        subject_type=subject_type, subject_id=subject.pk, state=ApprovalState.PENDING
    ).update(state=ApprovalState.WITHDRAWN, decided_by=actor, decided_at=Now())
    approval = Approval.objects.create(
        subject_type=subject_type,
        subject_id=subject.pk,
        title=title[:200],
        fingerprint=fingerprint,
        team=team,
        requested_by=actor,
    )
    audit(actor=actor, action="approval.request", target=subject)
    return approval


@transaction.atomic
def decide(
    *, approval: Approval, approve: bool, actor: User, now: datetime, fingerprint: str, comment: str = ""
) -> Approval:
    """Approve or reject; raises ``NotAllowed`` for one's own request, ``Invalid`` if the subject has changed
    since it was submitted or a rejection gives no reason, ``WrongState`` if it was decided already."""
    if approval.requested_by_id == actor.pk:
        raise NotAllowed(_("不能审批自己提交的内容。"), hint=_("请让另一位有审批权限的同事处理。"))
    if approve and fingerprint != approval.fingerprint:
        raise Invalid(_("提交之后内容又被修改过。"), hint=_("请作者重新提交，再审批。"))
    if not approve and not comment.strip():
        raise Invalid(_("请写明退回的原因。"), hint=_("作者会看到这句话，据此修改。"), field="comment")
    move(
        approval,
        ApprovalState.APPROVED if approve else ApprovalState.REJECTED,
        table=APPROVAL_MOVES,
        decided_by=actor,
        decided_at=now,
        comment=comment[:500],
    )
    audit(
        actor=actor,
        action="approval.approve" if approve else "approval.reject",
        target=approval.subject,
        reason=comment[:500],
    )
    return approval


@transaction.atomic
def withdraw(*, subject: models.Model, actor: User, now: datetime) -> int:
    """Close the pending approval of ``subject``, if there is one; returns how many were closed (0 or 1)."""
    return Approval.objects.filter(
        subject_type=ContentType.objects.get_for_model(subject),
        subject_id=subject.pk,
        state=ApprovalState.PENDING,
    ).update(state=ApprovalState.WITHDRAWN, decided_by=actor, decided_at=now)
