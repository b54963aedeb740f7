"""Posts on a calendar."""

from apps.content_calendar.models.material import Material
from apps.content_calendar.models.post import Post, PostTarget
from apps.content_calendar.models.run_post import RunPost

__all__ = ["Material", "Post", "PostTarget", "RunPost"]
