"""Codes by SMS: who holds the phone is who they say they are.

Nothing here looks at members, so what a stranger sees is the same whether the phone is known or not. A code lives
ten minutes, is compared in constant time at most five times, is used once, and dies when a newer one is sent.
Limits are counted in PostgreSQL under transaction locks: they hold across workers, hosts and restarts.
"""

import hashlib
import logging
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, Invalid
from apps.core.outbound import NoAnswer, NotSent
from apps.core.phones import canonical_mobile, mask_phone
from apps.h5.models import PhoneCode
from apps.h5.providers.requests import Refused
from apps.h5.providers.sms.base import CodeMessage, Credentials, SmsProvider
from apps.h5.providers.sms.registry import all_senders
from apps.h5.services.asking import ask

logger = logging.getLogger(__name__)

LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
#: Rows hold only keyed digests, and the longest window is a day.
_KEPT = timedelta(days=2)
_FORGOTTEN_AT_ONCE = 20
_CODE = re.compile(r"[0-9]{6}")


@dataclass(frozen=True)
class Sent:
    """``resend_at``: when the next one may be asked for. ``shown`` is the code itself where settings let a page of a
    development server show it, else ""."""

    phone: str = field(repr=False)
    expires_at: datetime
    resend_at: datetime
    shown: str = field(default="", repr=False)


class TooOften(DomainError):
    """A limit is reached; ``wait`` in seconds. ``is_just_sent``: the phone was sent a code moments ago."""

    code = "too_often"

    def __init__(self, message: str, *, hint: str, wait: int, is_just_sent: bool = False) -> None:
        super().__init__(message, hint=hint, field="phone")
        self.wait = wait
        self.is_just_sent = is_just_sent


def sender() -> SmsProvider | None:
    """How codes are sent here; ``None`` where log-in by phone is off, or would show codes to the wrong eyes."""
    provider = all_senders().get(settings.SMS_PROVIDER)
    if provider is None or (provider.is_for_development and settings.PRODUCTION):
        return None
    return provider


def send_code(*, phone: str, ip_hash: str, now: datetime) -> Sent:
    """Send a code to ``phone`` (as somebody typed it). Not inside a transaction: it asks the provider.

    Raises ``Invalid`` for what is no mobile, ``TooOften``, and ``DomainError`` (``unreachable``) if the provider
    has not taken it. If it did not answer the code may arrive, and counts.
    """
    provider = sender()
    if provider is None:
        raise DomainError(_("现在不能用手机号登录。"), hint=_("请联系群里的管理员。"), code="not_configured")
    number = canonical_mobile(phone)
    code = f"{secrets.randbelow(10**6):06d}"
    row = _begin(number, code, ip_hash, now)
    try:
        _deliver(provider, CodeMessage(number, code, int(LIFETIME.total_seconds() // 60)), now)
    except (Refused, NotSent) as error:
        logger.error("a code could not be sent: %s", error)
        PhoneCode.objects.filter(pk=row.pk, used_at__isnull=True).update(used_at=now)
        raise DomainError(
            _("短信没有发出去。"), hint=_("请检查号码，过一分钟再试。"), code="unreachable"
        ) from None
    except NoAnswer:
        logger.warning("nobody knows whether a code was sent")
    may_show = provider.is_for_development and settings.SMS_CODE_ON_PAGE
    return Sent(number, row.expires_at, now + _pause(), code if may_show else "")


def check_code(*, phone: str, code: str, now: datetime) -> str:
    """Return the phone (E.164) if ``code`` is its newest and holds; it is used up by that.

    Each comparison is paid for beforehand, in a transaction of its own that no failure takes back: of any number of
    guesses at the same time at most five are compared. Raises ``Invalid``, the same whatever was wrong.
    """
    number = canonical_mobile(phone)
    typed = "".join(unicodedata.normalize("NFKC", code[:40]).split())
    if not _CODE.fullmatch(typed):
        raise Invalid(_("验证码是 6 位数字。"), hint=_("请照短信里的填。"), field="code")
    phone_hash = phone_hash_of(number)
    paid = _pay_for_a_try(phone_hash, now)
    if (
        paid is None
        or not constant_time_compare(paid[1], _code_hash(phone_hash, typed))
        or not PhoneCode.objects.filter(pk=paid[0], used_at__isnull=True).update(used_at=now)
    ):
        raise Invalid(_("验证码不对，或已失效。"), hint=_("请核对最新一条短信，或重新获取。"), field="code")
    return number


def phone_hash_of(phone: str) -> str:
    """64 hex under a key derived from ``SECRET_KEY``: the table alone does not tell which phones they are."""
    return salted_hmac("h5:phone", phone, algorithm="sha256").hexdigest()


def _code_hash(phone_hash: str, code: str) -> str:
    return salted_hmac("h5:phone-code", f"{phone_hash}:{code}", algorithm="sha256").hexdigest()


@transaction.atomic
def _begin(phone: str, code: str, ip_hash: str, now: datetime) -> PhoneCode:
    """Count, and write the code down; what the same phone or address asks for meanwhile waits."""
    phone_hash = phone_hash_of(phone)
    _lock([f"phone:{phone_hash}", f"ip:{ip_hash}"])
    limits = settings.SMS_LIMITS
    _refuse_too_often("phone", {"phone_hash": phone_hash}, limits["phone"], now)
    if ip_hash:
        _refuse_too_often("ip", {"ip_hash": ip_hash}, limits["ip"], now)
    _refuse_too_often("all", {}, limits["all"], now)
    PhoneCode.objects.filter(phone_hash=phone_hash, used_at__isnull=True).update(used_at=now)
    _forget(now)
    return PhoneCode.objects.create(
        phone_hash=phone_hash,
        code_hash=_code_hash(phone_hash, code),
        ip_hash=ip_hash,
        sent_at=now,
        expires_at=now + LIFETIME,
    )


def _deliver(provider: SmsProvider, message: CodeMessage, now: datetime) -> None:
    """Raises ``Refused``, ``NotSent`` or ``NoAnswer``."""
    credentials = Credentials(settings.SMS_CREDENTIALS.get(provider.key, {}))
    if missing := credentials.missing(provider.variables):
        raise Refused("not_configured", " ".join(missing))
    request = provider.request(message, credentials=credentials, now=now)
    if request is None:
        logger.warning(
            "login code %s for %s, good for %d minutes",
            message.code,
            mask_phone(message.phone),
            message.minutes,
        )
        return
    provider.read(ask(request))


@transaction.atomic(durable=True)
def _pay_for_a_try(phone_hash: str, now: datetime) -> tuple[int, str] | None:
    """Count one try of the phone's live code; (id, digest), or ``None`` if there is none or its tries are used up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE h5_phonecode SET tries = tries + 1"
            " WHERE phone_hash = %s AND used_at IS NULL AND expires_at > %s AND tries < %s RETURNING id, code_hash",
            [phone_hash, now, MOST_TRIES],
        )
        return cursor.fetchone()


def _refuse_too_often(
    who: str, filters: dict[str, str], limits: Sequence[tuple[int, int]], now: datetime
) -> None:
    """Raises ``TooOften`` if sending one more would pass a limit (at most, in how many seconds)."""
    for most, seconds in limits:
        window = PhoneCode.objects.filter(**filters, sent_at__gt=now - timedelta(seconds=seconds))
        nth = window.order_by("-sent_at").values_list("sent_at", flat=True)[most - 1 : most].first()
        if nth is None:
            continue
        wait = max(int((nth + timedelta(seconds=seconds) - now).total_seconds()), 1)
        if who == "phone" and seconds <= _pause().total_seconds():
            raise TooOften(
                _("刚刚发过验证码。"),
                hint=_("请查收短信；%(wait)d 秒后可以重新获取。") % {"wait": wait},
                wait=wait,
                is_just_sent=True,
            )
        if who == "all":
            logger.error("the day's codes are used up (SMS_DAILY_LIMIT)")
        raise TooOften(_("获取验证码太频繁了。"), hint=_("请过一会儿再试，或联系群里的管理员。"), wait=wait)


def _pause() -> timedelta:
    """How long a phone waits for its next code."""
    return timedelta(seconds=min((seconds for _most, seconds in settings.SMS_LIMITS["phone"]), default=0))


def _lock(names: list[str]) -> None:
    """Advisory locks of this transaction, in one order for everybody."""
    keys = sorted(
        int.from_bytes(hashlib.sha256(f"h5.phone_codes:{name}".encode()).digest()[:8], signed=True)
        for name in names
    )
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _forget(now: datetime) -> None:
    """Drop some old rows; nobody waits for anybody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM h5_phonecode WHERE id IN (SELECT id FROM h5_phonecode WHERE sent_at < %s"
            " ORDER BY sent_at LIMIT %s FOR UPDATE SKIP LOCKED)",
            [now - _KEPT, _FORGOTTEN_AT_ONCE],
        )
