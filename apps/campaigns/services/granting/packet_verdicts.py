"""What an answer of a provider, or of a person, means for a red packet."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import GRANT_MOVES, BenefitKind, GrantState
from apps.campaigns.models import Grant
from apps.campaigns.providers.base import PacketOutcome, PacketVerdict
from apps.campaigns.providers.registry import get_provider
from apps.campaigns.services.granting.telling import grant_url, tell_run
from apps.core.errors import Invalid, WrongState
from apps.core.models import move

#: Minutes between queries; a member may take a day to confirm a transfer.
_PAUSES = [1, 1, 1, 5, 5, 10, 20, 30]
#: From this attempt on it has taken so long that a person should look.
_TELL_AT = 8


@transaction.atomic
def write_verdict(
    *, grant_id: int, attempt: int, is_query: bool, verdict: PacketVerdict, now: datetime
) -> None:
    """Write the verdict of an attempt, unless a later one was faster."""
    grant = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("benefit", "run__campaign__owner", "run__campaign__team")
        .filter(pk=grant_id, attempts=attempt, state=GrantState.SENDING)
        .first()
    )
    if grant is None:
        return
    data: dict[str, Any] = {**grant.provider_data, **verdict.data}
    if verdict.provider_no:
        data["transfer_no"] = verdict.provider_no
    pause = timedelta(minutes=_PAUSES[min(attempt, len(_PAUSES)) - 1])
    words = verdict.detail or verdict.code
    match verdict.outcome:
        case PacketOutcome.DONE:
            move(
                grant,
                GrantState.ISSUED,
                table=GRANT_MOVES,
                issued_at=now,
                next_at=None,
                reason="",
                provider_data=data,
            )
        case PacketOutcome.FAILED:
            _fail(grant, words, {**data, "is_closed": True})
        case PacketOutcome.NOT_FOUND if "refused" in data:
            _fail(grant, str(data.pop("refused")), data)
        case PacketOutcome.NOT_FOUND:
            move(grant, GrantState.PENDING, table=GRANT_MOVES, next_at=now, provider_data=data)
        case PacketOutcome.BUSY if not is_query:
            # Nothing has left: the day's count is given back, the number stays.
            changes: dict[str, Any] = {"next_at": now + pause, "sent_on": None, "reason": words[:120]}
            move(grant, GrantState.PENDING, table=GRANT_MOVES, **changes)
        case PacketOutcome.AMBIGUOUS if not get_provider(grant.benefit.provider).is_idempotent:
            move(grant, GrantState.UNKNOWN, table=GRANT_MOVES, reason=words[:120])
            _tell(grant, "unknown", words)
        case PacketOutcome.REFUSED:
            # WeChat: any answer but 200 is certain only once a query says that the number is not known.
            Grant.objects.filter(pk=grant.pk).update(next_at=now, provider_data={**data, "refused": words})
        case _:
            Grant.objects.filter(pk=grant.pk).update(
                next_at=now + pause, provider_data=data, reason=words[:120], updated_at=now
            )
    if attempt == _TELL_AT and grant.state in {GrantState.SENDING, GrantState.PENDING}:
        _tell(grant, "slow", words)


@transaction.atomic
def mark_paid(*, grant: Grant, reference: str, actor: User, now: datetime) -> Grant:
    """A person has paid it, or has seen at the provider that it was paid; audited. ``reference`` is where to look it
    up. Raises ``Invalid``, or ``WrongState`` for what a machine is about to pay."""
    if not reference.strip():
        raise Invalid(
            _("请填转账单号或说明。"), hint=_("日后核对要用，例如微信转账单号。"), field="reference"
        )
    locked = _lock(grant)
    is_by_person = get_provider(locked.benefit.provider).is_by_person
    if locked.state != GrantState.UNKNOWN and not is_by_person:
        raise WrongState(_("这个红包由通道自动发放。"), hint=_("等它有结果；失败了再人工处理。"))
    day = now.astimezone(ZoneInfo(locked.run.campaign.timezone)).date()
    move(
        locked,
        GrantState.ISSUED,
        table=GRANT_MOVES,
        issued_at=now,
        next_at=None,
        reason="",
        sent_on=locked.sent_on or day,
        provider_no=locked.provider_no or reference.strip()[:80],
        provider_data={**locked.provider_data, "reference": reference.strip()[:200]},
    )
    audit(actor=actor, action="grant.mark_paid", target=locked, reason=reference[:500])
    return locked


@transaction.atomic
def mark_unpaid(*, grant: Grant, reason: str, actor: User, now: datetime) -> Grant:
    """A person has seen at the provider that an unknown packet was not paid: it failed, and may be tried again under
    a new number; audited."""
    if not reason.strip():
        raise Invalid(_("请写明怎么核对的。"), hint=_("例如：商户平台查无此单。"), field="reason")
    locked = _lock(grant)
    table = {GrantState.UNKNOWN: GRANT_MOVES[GrantState.UNKNOWN]}
    data = {**locked.provider_data, "is_closed": True}
    move(locked, GrantState.FAILED, table=table, reason=reason[:120], provider_data=data)
    audit(actor=actor, action="grant.mark_unpaid", target=locked, reason=reason[:500])
    return locked


def _lock(grant: Grant) -> Grant:
    locked = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("benefit", "run__campaign")
        .get(pk=grant.pk)
    )
    if locked.kind != BenefitKind.RED_PACKET:
        raise WrongState(_("这不是红包。"), hint=_("其他礼品请用各自的发放方式。"))
    return locked


def _fail(grant: Grant, words: str, data: dict[str, Any]) -> None:
    move(
        grant,
        GrantState.FAILED,
        table=GRANT_MOVES,
        reason=words[:120],
        next_at=None,
        sent_on=None,
        provider_data=data,
    )
    _tell(grant, "failed", words)


def _tell(grant: Grant, what: str, words: str) -> None:
    text = {
        "failed": _("红包“%(benefit)s”发放失败：%(words)s"),
        "slow": _("红包“%(benefit)s”一直没有结果：%(words)s"),
        "unknown": _("红包“%(benefit)s”结果未知，请核对后标记：%(words)s"),
    }[what]
    tell_run(
        grant.run,
        key=f"grant:{grant.pk}:{what}:{grant.attempts}",
        text=text % {"benefit": grant.benefit.name, "words": words},
        url=grant_url(grant),
        level=NoticeLevel.ERROR,
    )
