"""Old answers are forgotten: nobody repeats a request after a month (C11)."""

from datetime import datetime, timedelta

from apps.campaigns.models import MemberAction

#: How long an Idempotency-Key is remembered. Clients retry within minutes; phones within days.
REMEMBERED = timedelta(days=30)


def forget_actions(*, now: datetime, limit: int = 20_000) -> int:
    """Delete up to ``limit`` answers older than ``REMEMBERED``, oldest first; returns how many.

    A key that is used again after that counts as new: the promise is for repeats, and caps, stock and one
    contribution per member hold without it.
    """
    old = MemberAction.objects.filter(at__lt=now - REMEMBERED).order_by("at").values("pk")[:limit]
    deleted, _per_model = MemberAction.objects.filter(pk__in=old).delete()
    return deleted
