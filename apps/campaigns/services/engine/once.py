"""Idempotency-Key: the repeat gets the first answer (C11)."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import MemberAction
from apps.campaigns.services.engine.outcome import Outcome
from apps.core.errors import DomainError, Invalid

_REMEMBER = """
INSERT INTO campaigns_memberaction (member_id, key, run_id, entry_id, verb, fingerprint, answer, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (member_id, key) DO NOTHING RETURNING 1"""


class _Known(Exception):
    """The key was written by another transaction while this one worked."""


def once(
    *,
    member_id: int,
    key: str,
    request: tuple[str, str, Mapping[str, Any]],
    now: datetime,
    work: Callable[[], tuple[int, Outcome]],
) -> Outcome:
    """Do ``work`` (→ run id, outcome) in a transaction and remember its answer under (member, ``key``).

    There is no look before the work: the row's unique key decides at its end, and whoever comes second, or is
    refused because the first has already done it, gets the first answer. A refusal is not remembered, since
    nothing was done. Raises ``Invalid`` for a missing key; ``Refused`` with ``key_reused`` when the key stood for another request.
    """
    if not key or len(key) > 80 or not key.isprintable():
        raise Invalid(
            _("缺少幂等键。"),
            hint=_("每次操作带一个不重复的 Idempotency-Key，重试用同一个。"),
            code="key_missing",
        )
    fingerprint = _digest(request)
    try:
        with transaction.atomic():
            run_id, outcome = work()
            row: list[Any] = [
                member_id,
                key,
                run_id,
                outcome.entry_id,
                request[1],
                fingerprint,
                json.dumps(outcome.answer | {"code": outcome.code}, default=str),
                now,
            ]
            with connection.cursor() as cursor:
                cursor.execute(_REMEMBER, row)
                if cursor.fetchone() is None:
                    raise _Known
            return outcome
    except (_Known, DomainError, IntegrityError):
        if first := _first_answer(member_id, key, fingerprint):
            return first
        raise


def _first_answer(member_id: int, key: str, fingerprint: str) -> Outcome | None:
    row = MemberAction.objects.filter(member_id=member_id, key=key).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise Refused(
            _("这个幂等键已经用于另一个操作。"), hint=_("换一个新的 Idempotency-Key。"), code="key_reused"
        )
    answer = dict(row.answer)
    return Outcome(row.entry_id, answer.pop("code"), answer, is_repeat=True)


def _digest(request: tuple[str, str, Mapping[str, Any]]) -> str:
    subject, verb, params = request
    text = json.dumps([subject, verb, params], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
