"""Tasks of reviews on the content calendar."""

from datetime import datetime

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.analytics.selectors.reviews import tasks_between
from apps.content_calendar.selectors.tasks import Task, register_tasks


def review_tasks(user: User, start: datetime, end: datetime) -> list[Task]:
    """What was decided in reviews that ``user`` may see, on the day it is due."""
    return [
        Task(
            key=f"review:{action.pk}",
            title=_("复盘任务：%s") % action.text,
            day=action.due_on,
            url=action.review.get_absolute_url(),
            owner=str(action.owner or ""),
            is_done=action.done_at is not None,
        )
        for action in tasks_between(user, start=start, end=end)
        if action.due_on is not None
    ]


register_tasks("reviews", review_tasks)
