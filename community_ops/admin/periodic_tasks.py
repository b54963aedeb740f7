"""定时任务: what beat does. Rows are made from ``community_ops.schedule``; a person may only pause one.

beat's own form is a programmer's, and has an inline script that our Content-Security-Policy refuses.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.decorators import display

from apps.accounts.admin.base import ScopedModelAdmin

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


_QUEUES = {"delivery": _("投递"), "imports": _("导入"), "default": _("默认")}


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ScopedModelAdmin):
    list_display = ["name", "job", "every", "queue_label", "enabled", "last_run_at", "total_run_count"]
    list_filter = ["enabled"]
    search_fields = ["name", "task"]
    list_select_related = ["interval"]
    ordering = ["name"]
    fields = ["enabled", "name", "job", "every", "queue_label", "last_run_at", "total_run_count"]
    readonly_fields = ["name", "job", "every", "queue_label", "last_run_at", "total_run_count"]

    # The model's own label for it is English, and not marked for translation.
    @display(description=_("执行的任务"), ordering="task")
    def job(self, task: Any) -> str:
        return str(task.task)

    @display(description=_("间隔"))
    def every(self, task: Any) -> str:
        return str(_("每 %d 秒") % task.interval.every) if task.interval else "—"

    @display(description=_("队列"))
    def queue_label(self, task: Any) -> str:
        return str(_QUEUES.get(task.queue, task.queue or "—"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
