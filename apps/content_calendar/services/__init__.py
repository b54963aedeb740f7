"""Writing posts: from a draft to a schedule, and back."""

from apps.content_calendar.services.changes import cancel_post, move_post, recall_post
from apps.content_calendar.services.checks import problems_of
from apps.content_calendar.services.finishing import finish_posts
from apps.content_calendar.services.posts import copy_post, write_post
from apps.content_calendar.services.scheduling import approve_post
from apps.content_calendar.services.submission import reject_post, submit_post

__all__ = [
    "approve_post",
    "cancel_post",
    "copy_post",
    "finish_posts",
    "move_post",
    "problems_of",
    "recall_post",
    "reject_post",
    "submit_post",
    "write_post",
]
