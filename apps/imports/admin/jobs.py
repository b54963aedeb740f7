"""The list of import jobs; each opens the wizard where it stands."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.core.numbers import whole
from apps.imports.admin import downloads, outcome, wizard
from apps.imports.enums import JobState
from apps.imports.models import ImportJob
from apps.imports.services.targets import all_targets, get_target

STATE_COLOURS = {
    JobState.DONE: "success",
    JobState.FAILED: "danger",
    JobState.CANCELLED: "warning",
    JobState.UNDONE: "warning",
    JobState.RUNNING: "info",
    JobState.QUEUED: "info",
    JobState.CHECKING: "info",
    JobState.UNDOING: "info",
}


class TargetFilter(admin.SimpleListFilter):
    title = _("导入到")
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(target.key, target.label) for target in all_targets().values()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(target=self.value()) if self.value() else queryset


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyModelAdmin):
    list_display = ["name", "target_name", "state_badge", "counts", "created_by", "created_at"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        TargetFilter,
        ("finished_at", RangeDateTimeFilter),
    ]
    list_select_related = ["created_by"]
    search_fields = ["original_name"]
    actions_list = ["start_wizard"]

    @display(description=_("文件"), ordering="original_name")
    def name(self, job: ImportJob) -> str:
        return job.original_name

    @display(description=_("导入到"))
    def target_name(self, job: ImportJob) -> str | Promise:
        return get_target(job.target).label if job.target in all_targets() else job.target

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def state_badge(self, job: ImportJob) -> tuple[str, str]:
        return job.state, job.get_state_display()

    @display(description=_("读取 = 新增 + 更新 + 未变 + 拒绝"))
    def counts(self, job: ImportJob) -> str:
        if job.written_at is None:
            return "—"
        parts = (job.created_count, job.updated_count, job.unchanged_count, job.rejected_count)
        return f"{job.read_count:,} = {' + '.join(f'{part:,}' for part in parts)}"

    @action(description=_("导入成员"), url_path="start", icon="upload_file", permissions=["start"])
    def start_wizard(self, request: HttpRequest) -> HttpResponse:
        return redirect(f"{reverse('admin:imports_importjob_wizard')}?target=members")

    def has_start_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("imports.add_importjob")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A job's page is the wizard step where it stands."""
        number = whole(object_id)
        if number is None:
            raise Http404
        return redirect("admin:imports_importjob_job", number)

    def get_urls(self) -> list[URLPattern]:
        views = {
            "wizard/": ("wizard", wizard.upload),
            "<int:pk>/job/": ("job", wizard.current),
            "<int:pk>/format/": ("format", wizard.format_step),
            "<int:pk>/format/preview/": ("preview", wizard.live_preview),
            "<int:pk>/mapping/": ("mapping", wizard.mapping_step),
            "<int:pk>/check/": ("check", wizard.check_step),
            "<int:pk>/run/": ("run", wizard.run_step),
            "<int:pk>/progress/": ("progress", outcome.progress),
            "<int:pk>/cancel/": ("cancel", outcome.cancel_job),
            "<int:pk>/report/": ("report", outcome.report),
            "<int:pk>/undo/": ("undo", outcome.undo_step),
            "<int:pk>/errors/": ("errors", downloads.error_file),
            "<int:pk>/original/": ("original", downloads.original_file),
        }
        own = [
            path(route, self.admin_site.admin_view(view), name=f"imports_importjob_{name}")
            for route, (name, view) in views.items()
        ]
        return own + super().get_urls()
