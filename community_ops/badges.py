"""The small counts beside sidebar entries, kept for some seconds per user: every page shows the sidebar."""

from typing import Any

from apps.accounts.models import Notice
from apps.campaigns.selectors.risk_queue import count_suspicious
from apps.campaigns.selectors.staff_work import PERMISSION as STAFF_WORK
from apps.campaigns.selectors.staff_work import count_work
from apps.channels.enums import DeliveryState
from apps.core.remembered import remembered
from community_ops.home.waiting import attention_counts, pending_approvals

KEEP_SECONDS = 10


def badges(user: Any) -> dict[str, int]:
    """Counts by key: approvals, manual, unknown, notices, campaign_tasks, risk. At most six queries, none when kept."""
    return remembered(f"sidebar-badges:{user.pk}", KEEP_SECONDS, lambda: _count(user))


def _count(user: Any) -> dict[str, int]:
    found = {"notices": Notice.objects.filter(user=user, read_at__isnull=True).count()}
    if user.has_perm("content_calendar.approve_post"):
        found["approvals"] = pending_approvals(user).order_by().count()
    if user.has_perm("channels.operate_delivery"):
        states = attention_counts(user)
        found["manual"] = states.get(DeliveryState.AWAITING_PERSON, {}).get("count", 0)
        found["unknown"] = states.get(DeliveryState.UNKNOWN, {}).get("count", 0)
    if user.has_perm(STAFF_WORK):
        found["campaign_tasks"] = count_work(user)
    if user.has_perm("campaigns.review_flag"):
        found["risk"] = count_suspicious(user)
    return found
