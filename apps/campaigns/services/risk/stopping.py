"""Stopping what an entry was given and what has not set out yet."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.campaigns.enums import GrantState
from apps.campaigns.models import Grant
from apps.campaigns.risk.base import Finding
from apps.campaigns.risk.facts import EntryFacts
from apps.campaigns.risk.policy import Policy
from apps.campaigns.services.engine.rows import lock_entries
from apps.campaigns.services.granting.holding import hold_grant
from apps.campaigns.services.risk.flags import open_score, write_findings

#: Given, and still in our hands.
STOPPABLE = frozenset(
    {
        GrantState.PENDING,
        GrantState.FAILED,
        GrantState.AWAITING_ADDRESS,
        GrantState.AWAITING_SHIPMENT,
    }
)
REASON = "risk"


@transaction.atomic
def keep_and_stop(facts: EntryFacts, findings: Sequence[Finding], policy: Policy, *, now: datetime) -> int:
    """Keep what was found about an entry; if it is suspicious now, hold its grants that have not set out (C13).
    Those that have are for a person. Returns how many flags are new or worse.

    Under the entry's lock, so that neither a verb nor a review comes between the finding and the hold.
    """
    lock_entries([facts.entry_id])
    written = write_findings(facts, findings, now=now)
    if open_score(facts.entry_id) >= policy.hold_from:
        for grant in Grant.objects.filter(entry_id=facts.entry_id, state__in=STOPPABLE).order_by("pk"):
            hold_grant(grant=grant, reason=REASON, now=now)
    return written
