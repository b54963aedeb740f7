"""Admin of posts: the calendar, the editor, a post's page, pictures."""

from apps.content_calendar.admin.material import MaterialAdmin
from apps.content_calendar.admin.post import PostAdmin

__all__ = ["MaterialAdmin", "PostAdmin"]
