"""Putting messages into the outbox, moving them in time, taking them out again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.channels.enums import OPEN_STATES, DeliveryState
from apps.channels.models import Delivery
from apps.core.errors import Invalid

#: Recall works until a request starts: a claimed delivery can still be taken out of a worker's hands.
RECALLABLE_STATES = OPEN_STATES | {DeliveryState.CLAIMED}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One message to be: see ``Delivery`` for the fields. ``content`` is the rendered snapshot."""

    key: str
    channel_id: int
    team_id: int | None
    recipient: str
    address: str
    subject: str
    source_url: str
    kind: str
    content: dict[str, Any]
    due_at: datetime
    cutoff_at: datetime
    sequence: int = 0


_INSERT = """
INSERT INTO channels_delivery
    (key, channel_id, team_id, recipient, address, subject, source_url, kind, content,
     due_at, available_at, cutoff_at, sequence, state, updated_at)
SELECT key, channel_id, team_id, recipient, address, subject, source_url, kind, content::jsonb,
       due_at, due_at, cutoff_at, sequence, 'pending', now()
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
     AS draft(key, channel_id, team_id, recipient, address, subject, source_url,
              kind, content, due_at, cutoff_at, sequence)
ON CONFLICT (key) DO UPDATE SET
    channel_id = EXCLUDED.channel_id, team_id = EXCLUDED.team_id, recipient = EXCLUDED.recipient,
    address = EXCLUDED.address, subject = EXCLUDED.subject, source_url = EXCLUDED.source_url,
    kind = EXCLUDED.kind, content = EXCLUDED.content, due_at = EXCLUDED.due_at,
    available_at = EXCLUDED.available_at, cutoff_at = EXCLUDED.cutoff_at, sequence = EXCLUDED.sequence,
    state = 'pending', reason_code = '', reason = '', updated_at = now()
WHERE channels_delivery.state = 'cancelled' AND channels_delivery.attempt_count = 0
"""


@transaction.atomic
def create_deliveries(*, drafts: Sequence[Draft], now: datetime) -> list[Delivery]:
    """Write ``drafts`` in the caller's transaction; return one row per draft, in order (D1).

    A key that exists already is left untouched and its row returned, whatever its state; only one that was
    cancelled before any attempt (recalled, then scheduled again) is written anew. Raises ``Invalid`` when two
    drafts share a key, or a cutoff is not after its due time.
    """
    if not drafts:
        return []
    keys = [draft.key for draft in drafts]
    if len(set(keys)) < len(keys):
        raise Invalid(_("同一条消息在这一批里出现了两次。"), hint=_("请检查选中的社群是否重复。"))
    if any(draft.cutoff_at <= draft.due_at for draft in drafts):
        raise Invalid(_("截止时间必须晚于应发时间。"), field="cutoff_at")
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                keys,
                [draft.channel_id for draft in drafts],
                [draft.team_id for draft in drafts],
                [draft.recipient[:120] for draft in drafts],
                [draft.address for draft in drafts],
                [draft.subject[:120] for draft in drafts],
                [draft.source_url for draft in drafts],
                [draft.kind for draft in drafts],
                [json.dumps(draft.content, ensure_ascii=False) for draft in drafts],
                [draft.due_at for draft in drafts],
                [draft.cutoff_at for draft in drafts],
                [draft.sequence for draft in drafts],
            ],
        )
    rows = {row.key: row for row in Delivery.objects.filter(key__in=keys)}
    return [rows[key] for key in keys]


@transaction.atomic
def move_deliveries(
    *, deliveries: QuerySet[Delivery], by: timedelta, actor: User | None, now: datetime
) -> int:
    """Shift due time and cutoff of those still open; returns how many moved. Claimed ones are too late.

    One that already waits for a person goes back to pending when its new time lies ahead.
    """
    ids = _lock(deliveries, OPEN_STATES)
    count = Delivery.objects.filter(pk__in=ids).update(
        state=Case(
            When(
                state=DeliveryState.AWAITING_PERSON,
                due_at__gt=now - by,
                then=Value(DeliveryState.PENDING),
            ),
            default=F("state"),
        ),
        due_at=F("due_at") + by,
        available_at=F("due_at") + by,
        cutoff_at=F("cutoff_at") + by,
        updated_at=now,
    )
    if count:
        audit(actor=actor, action="delivery.move", count=count, seconds=by.total_seconds())
    return count


@transaction.atomic
def rewrite_deliveries(*, contents: Mapping[int, dict[str, Any]], now: datetime) -> int:
    """Give those still open another snapshot (delivery id → content): a moved post may name its date.

    Returns how many were rewritten; claimed ones are too late.
    """
    ids = _lock(Delivery.objects.filter(pk__in=contents), OPEN_STATES)
    rows = [Delivery(pk=pk, content=contents[pk], updated_at=now) for pk in ids]
    Delivery.objects.bulk_update(rows, ["content", "updated_at"], batch_size=500)
    return len(ids)


@transaction.atomic
def cancel_deliveries(
    *, deliveries: QuerySet[Delivery], actor: User | None, now: datetime, reason: str
) -> int:
    """Cancel those whose request has not started; returns how many. A worker that holds one drops it."""
    ids = _lock(deliveries, RECALLABLE_STATES)
    count = Delivery.objects.filter(pk__in=ids).update(
        state=DeliveryState.CANCELLED,
        leased_until=None,
        reason_code="cancelled",
        reason=reason[:300],
        updated_at=now,
    )
    if count:
        audit(actor=actor, action="delivery.cancel", reason=reason[:500], count=count)
    return count


def _lock(deliveries: QuerySet[Delivery], states: frozenset[DeliveryState]) -> list[int]:
    """Lock what may be changed, in one order for everybody, and return its ids."""
    chosen = Delivery.objects.filter(pk__in=deliveries.order_by().values("pk"), state__in=states)
    return list(chosen.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
