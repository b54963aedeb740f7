"""Content."""

from django.utils.translation import gettext as _

from community_ops.sidebar_plan.entry import Entry


def section() -> tuple[str, list[Entry]]:
    """The section's title and entries."""
    return (
        _("内容日历"),
        [
            Entry(
                _("日历"),
                "calendar_month",
                "admin:content_calendar_post_calendar",
                "content_calendar.view_post",
                words="calendar 排期",
            ),
            Entry(
                _("帖子"),
                "article",
                "admin:content_calendar_post_changelist",
                "content_calendar.view_post",
                words="post",
            ),
            Entry(
                _("素材"),
                "image",
                "admin:content_calendar_material_changelist",
                "content_calendar.view_material",
                words="material 图片",
            ),
        ],
    )
