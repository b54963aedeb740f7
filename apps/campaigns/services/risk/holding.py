"""Whether what an entry earns is held for a person to look at."""

from collections.abc import Sequence
from datetime import datetime

from apps.campaigns.mechanics.base import Give
from apps.campaigns.risk.policy import HOLD_FROM, policy_of
from apps.campaigns.selectors.plans import Plan
from apps.campaigns.selectors.risk_facts import quick_facts
from apps.campaigns.services.risk.flags import heavy_entries, open_score, write_findings

__all__ = ["HOLD_FROM", "is_suspicious", "suspicious_entries"]


def is_suspicious(*, plan: Plan, entry_id: int, gives: Sequence[Give], now: datetime) -> bool:
    """Look at the entry by the rules that can be asked at once, keep what they find, and say whether the open
    suspicion reaches the campaign's threshold (C13).

    In the caller's transaction, which holds the entry's lock and has written the contribution. One query, three
    when something is found.
    """
    policy = policy_of(plan.risk)
    facts = quick_facts([entry_id], policy)[entry_id]
    is_worse = write_findings(facts, policy.look(facts), now=now)
    return (open_score(entry_id) if is_worse else facts.open_score) >= policy.hold_from


def suspicious_entries(*, plan: Plan) -> list[int]:
    """Entries of the plan's run whose open flags reach the threshold: what a settlement gives them is held (C13)."""
    return heavy_entries(plan.run_id, policy_of(plan.risk).hold_from)
