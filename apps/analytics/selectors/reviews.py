"""Which reviews there are."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from apps.accounts.models import User
from apps.analytics.models import Review, ReviewAction
from apps.analytics.selectors.periods import day_of
from apps.analytics.selectors.scope import Scope


def reviews_of(user: User, within: Scope | None = None) -> QuerySet[Review]:
    """What ``user`` may see (and a shared link's scope holds), with subjects and how many tasks are done
    (``action_count``, ``done_count``)."""
    reviews: Any = Review.objects.visible_to(user)
    if within is not None:
        reviews = reviews.of_teams(within.team_ids)
    return (
        reviews.with_subjects()
        .select_related("author")
        .annotate(
            action_count=Count("actions"),
            done_count=Count("actions", filter=Q(actions__done_at__isnull=False)),
        )
    )


def review_before(review: Review, user: User) -> Review | None:
    """The last one about the same subject before it (of a run: about an earlier run of its campaign)."""
    same = {"kind": review.kind, "team": review.team, "group": review.group}
    if review.run is not None:
        same["run__campaign"] = review.run.campaign  # type: ignore[assignment]
    else:
        same["campaign"] = review.campaign  # type: ignore[assignment]
    found = Review.objects.visible_to(user).filter(**same, ends_on__lt=review.ends_on)
    return found.exclude(pk=review.pk).order_by("-ends_on", "-pk").first()


def tasks_between(user: User, *, start: datetime, end: datetime) -> list[ReviewAction]:
    """Open and done tasks that are due within the range of days, that ``user`` may see."""
    first, last = day_of(start), day_of(end - timedelta(microseconds=1))
    actions = ReviewAction.objects.visible_to(user).filter(due_on__gte=first, due_on__lte=last)
    return list(actions.select_related("owner", "review").order_by("due_on", "pk")[:500])


def compared(review: Review, other: Review) -> list[Mapping[str, Any]]:
    """The metrics that either has a figure of: {key, label, now, was}."""
    before = {row["key"]: row for row in other.figures.get("metrics", [])}
    return [
        {"key": row["key"], "label": row["label"], "now": row, "was": before[row["key"]]}
        for row in review.figures.get("metrics", [])
        if row["key"] in before and (row["value"] or before[row["key"]]["value"])
    ]


def is_overdue(action: ReviewAction, today: date) -> bool:
    return action.done_at is None and action.due_on is not None and action.due_on < today
