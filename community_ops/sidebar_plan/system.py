"""The machinery."""

from django.utils.translation import gettext as _

from community_ops.sidebar_plan.entry import Entry


def section() -> tuple[str, list[Entry]]:
    """The section's title and entries."""
    return (
        _("系统"),
        [
            Entry(
                _("定时任务"),
                "schedule",
                "admin:django_celery_beat_periodictask_changelist",
                "django_celery_beat.view_periodictask",
                words="beat celery",
            ),
            Entry(
                _("登录失败"),
                "lock",
                "admin:axes_accessattempt_changelist",
                "axes.view_accessattempt",
                words="login lock 锁定",
            ),
        ],
    )
