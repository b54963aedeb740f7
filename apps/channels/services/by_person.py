"""What a person decides about one delivery: sent after all, send again, never mind. Each is audited (D3)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.channels.enums import DELIVERY_MOVES, AttemptOutcome, DeliveryState
from apps.channels.models import Attempt, Delivery
from apps.channels.services.facts import record_failures
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.core.models import move

#: A resent message is late already: it keeps its own patience, but at least this much.
MIN_PATIENCE = timedelta(minutes=5)


@transaction.atomic
def mark_sent(*, delivery: Delivery, actor: User, now: datetime, reason: str = "") -> Delivery:
    """Record that ``delivery`` stands in the group: a person sent it, or saw it there.

    From awaiting_person, unknown, failed or missed. Raises ``NotAllowed``, ``WrongState``; ``Invalid`` when
    nothing but a reason explains it (all but awaiting_person) and none is given.
    """
    _check(delivery, actor)
    if delivery.state != DeliveryState.AWAITING_PERSON:
        _require(reason)
    number = delivery.attempt_count + 1
    move(
        delivery,
        DeliveryState.SENT,
        table=DELIVERY_MOVES,
        sent_at=now,
        attempt_count=number,
        reason_code="by_person",
        reason=reason[:300],
    )
    Attempt.objects.create(
        delivery=delivery,
        number=number,
        lease_token=delivery.lease_token,
        started_at=now,
        finished_at=now,
        outcome=AttemptOutcome.BY_PERSON,
        detail=str(actor)[:300],
    )
    audit(actor=actor, action="delivery.mark_sent", target=delivery, reason=reason[:500])
    return delivery


@transaction.atomic
def resend(*, delivery: Delivery, actor: User, now: datetime, reason: str) -> Delivery:
    """Send ``delivery`` again, now, with a new cutoff. From unknown, failed or missed.

    The group may then show it twice: only a person may decide that. Raises ``NotAllowed``, ``WrongState``,
    ``Invalid`` without a reason.
    """
    _check(delivery, actor)
    _require(reason)
    if delivery.state not in {DeliveryState.UNKNOWN, DeliveryState.FAILED, DeliveryState.MISSED}:
        raise WrongState(
            _("这条消息现在不能重发：它的状态是“%(state)s”。") % {"state": delivery.get_state_display()},
            hint=_("只有结果未知、失败或错过的消息可以重发。"),
        )
    patience = max(delivery.cutoff_at - delivery.due_at, MIN_PATIENCE)
    move(
        delivery,
        DeliveryState.PENDING,
        table=DELIVERY_MOVES,
        due_at=now,
        available_at=now,
        cutoff_at=now + patience,
        reason_code="resend",
        reason=reason[:300],
    )
    audit(actor=actor, action="delivery.resend", target=delivery, reason=reason[:500])
    return delivery


@transaction.atomic
def cancel(*, delivery: Delivery, actor: User, now: datetime, reason: str) -> Delivery:
    """Take ``delivery`` out of the queue; an unknown one is closed as failed: a person saw that it is not there.

    Raises ``NotAllowed``, ``WrongState``, ``Invalid`` without a reason.
    """
    _check(delivery, actor)
    _require(reason)
    is_doubt = delivery.state == DeliveryState.UNKNOWN
    move(
        delivery,
        DeliveryState.FAILED if is_doubt else DeliveryState.CANCELLED,
        table=DELIVERY_MOVES,
        leased_until=None,
        reason_code="by_person",
        reason=reason[:300],
    )
    if is_doubt:
        record_failures([delivery.pk])
    audit(actor=actor, action="delivery.cancel", target=delivery, reason=reason[:500])
    return delivery


def _check(delivery: Delivery, actor: User) -> None:
    is_visible = Delivery.objects.visible_to(actor).filter(pk=delivery.pk).exists()
    if not (is_visible and actor.has_perm("channels.operate_delivery")):
        raise NotAllowed(_("你没有处理这条投递的权限。"), hint=_("请联系所在团队的社群运维官。"))


def _require(reason: str) -> None:
    if not reason.strip():
        raise Invalid(_("请写明原因。"), hint=_("一句话即可，会记入审计。"), field="reason")
