"""Paying red packets out by machine: each step committed before its request leaves, and after its answer came.

A packet in doubt is asked for again under the number it had, and only where the provider pays a number once;
elsewhere it is ``unknown`` until a person has looked.
"""

import logging
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.campaigns.enums import GRANT_MOVES, BenefitKind, GrantState
from apps.campaigns.models import Grant
from apps.campaigns.providers.base import PacketFacts, PacketOutcome, PacketProvider, PacketVerdict
from apps.campaigns.providers.registry import all_providers, get_provider
from apps.campaigns.services.granting.packet_verdicts import write_verdict
from apps.campaigns.services.granting.telling import grant_url, tell_run
from apps.core.errors import DomainError, Invalid
from apps.core.failpoints import failpoint
from apps.core.models import move
from apps.core.outbound import NoAnswer, NotSent
from apps.members.models import Identity, Member
from apps.orders.providers.base import Credentials
from apps.orders.services.beginning import ask

logger = logging.getLogger(__name__)

#: Longer than any request may take: after that the step counts as lost.
_LEASE = timedelta(seconds=60)
_RUN_SECONDS = 20.0
_NOT_PAID = [GrantState.FAILED, GrantState.VOID]


@dataclass(frozen=True)
class _Step:
    grant: Grant
    packet: PacketFacts
    attempt: int
    is_query: bool


def send_red_packets(*, now: datetime, limit: int = 100) -> int:
    """Take due packets of machine providers one step further each; returns how many were taken. Any number may run
    at once. Talks to providers, so never call it inside a transaction."""
    began, taken = time.monotonic(), 0
    while taken < limit and time.monotonic() - began < _RUN_SECONDS:
        found = _claim(now)
        if found is None:
            break
        taken += 1
        if isinstance(found, _Step):
            try:
                verdict = _perform(found, now)
            except Exception as error:
                logger.exception("a red packet could not be asked for", extra={"grant": found.grant.pk})
                verdict = PacketVerdict(PacketOutcome.AMBIGUOUS, detail=type(error).__name__)
            failpoint("packet.answered")
            write_verdict(
                grant_id=found.grant.pk,
                attempt=found.attempt,
                is_query=found.is_query,
                verdict=verdict,
                now=now,
            )
    return taken


@transaction.atomic
def _claim(now: datetime) -> "_Step | Grant | None":
    """Take one due packet: a step to perform, or the grant itself where there is nothing to send now."""
    machines = [key for key, provider in all_providers().items() if not provider.is_by_person]
    grant = (
        Grant.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(
            Q(next_at__isnull=True) | Q(next_at__lte=now),
            kind=BenefitKind.RED_PACKET,
            state__in=[GrantState.PENDING, GrantState.SENDING],
            benefit__provider__in=machines,
        )
        .select_related("benefit", "run__campaign__owner", "run__campaign__team")
        .order_by("pk")
        .first()
    )
    if grant is None:
        return None
    provider = get_provider(grant.benefit.provider)
    attempt = grant.attempts + 1
    if grant.state == GrantState.SENDING:
        if not provider.is_idempotent:
            return _give_to_person(grant)
        Grant.objects.filter(pk=grant.pk).update(attempts=attempt, next_at=now + _LEASE)
        return _Step(grant, _packet(grant, _payee(grant, provider)), attempt, is_query=True)
    payee = _payee(grant, provider)
    if provider.identity_kind and not payee:
        move(grant, GrantState.FAILED, table=GRANT_MOVES, reason=_("还不知道成员的收款账号。"))
        return grant
    day = _day_of(grant, now)
    if not fits_today(grant, day):
        Grant.objects.filter(pk=grant.pk).update(next_at=_next_day(grant, day))
        return grant
    move(
        grant,
        GrantState.SENDING,
        table=GRANT_MOVES,
        attempts=attempt,
        next_at=now + _LEASE,
        sent_on=day,
        provider_no=grant.provider_no or f"RP{grant.pk}T{attempt}",
    )
    return _Step(grant, _packet(grant, payee), attempt, is_query=False)


def fits_today(grant: Grant, day: date) -> bool:
    """Whether the member may get one more of this packet on ``day``. Only that day counts (FIELD: LinkWeChat summed
    all history). Locks the member, so that two at once stand in line."""
    limit = grant.benefit.daily_limit
    if limit is None:
        return True
    Member.objects.select_for_update(no_key=True).get(pk=grant.member_id)
    sent = (
        Grant.objects.filter(member_id=grant.member_id, benefit_id=grant.benefit_id, sent_on=day)
        .exclude(pk=grant.pk)
        .exclude(state__in=_NOT_PAID)
        .aggregate(count=Sum("quantity"))["count"]
    )
    return (sent or 0) + grant.quantity <= limit


def _perform(step: _Step, now: datetime) -> PacketVerdict:
    provider = get_provider(step.grant.benefit.provider)
    try:
        credentials = credentials_of(provider)
        build = provider.query if step.is_query else provider.request
        request = build(step.packet, credentials=credentials, now=now)
        failpoint("packet.sending")
        answer = ask(request)
    except DomainError as error:  # not configured, or a key that cannot be read: nothing has left
        return PacketVerdict(PacketOutcome.BUSY, error.code, str(error.message))
    except NotSent:
        return PacketVerdict(PacketOutcome.BUSY, "not_sent", _("连不上发放通道。"))
    except NoAnswer:
        return PacketVerdict(PacketOutcome.AMBIGUOUS, "no_answer", _("发放通道没有回答。"))
    read = provider.read_query if step.is_query else provider.read
    return read(answer, credentials=credentials, now=now)


def credentials_of(provider: PacketProvider) -> Credentials:
    """The provider's credentials. Raises ``Invalid`` naming the variables that are not set."""
    found = Credentials(settings.PAYMENT_CREDENTIALS.get(provider.key, {}))
    if missing := found.missing(provider.variables):
        raise Invalid(
            _("发放通道“%(provider)s”还没有配置。") % {"provider": provider.label},
            hint=_("请设置：%(names)s。") % {"names": " ".join(missing)},
            code="not_configured",
        )
    return found


def _packet(grant: Grant, payee: str) -> PacketFacts:
    return PacketFacts(
        number=grant.provider_no,
        amount=grant.face_value,
        payee=payee,
        title=grant.run.campaign.title,
        reason=grant.benefit.name,
    )


def _payee(grant: Grant, provider: PacketProvider) -> str:
    found = Identity.objects.filter(member_id=grant.member_id, kind=provider.identity_kind)
    return found.order_by("-pk").values_list("value", flat=True).first() or ""


def _day_of(grant: Grant, now: datetime) -> date:
    return now.astimezone(ZoneInfo(grant.run.campaign.timezone)).date()


def _next_day(grant: Grant, day: date) -> datetime:
    zone = ZoneInfo(grant.run.campaign.timezone)
    return datetime.combine(day + timedelta(days=1), wall_time(), tzinfo=zone)


def _give_to_person(grant: Grant) -> Grant:
    """It was being sent when its sender was lost, and its provider would pay again if it were asked again."""
    move(grant, GrantState.UNKNOWN, table=GRANT_MOVES, reason=_("发放时中断，不知道有没有付出去。"))
    tell_run(
        grant.run,
        key=f"grant:{grant.pk}:unknown",
        text=_("红包“%(benefit)s”的结果未知，请到通道后台核对后标记。") % {"benefit": grant.benefit.name},
        url=grant_url(grant),
        level=NoticeLevel.ERROR,
    )
    return grant
