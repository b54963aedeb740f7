"""社群: list with health, positioning card in seven steps, board by stage."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    MultipleChoicesDropdownFilter,
)
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.accounts.admin.base import ScopedModelAdmin, run_service
from apps.accounts.admin.doors import doors_of
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.accounts.admin.import_export import SpreadsheetAdminMixin
from apps.channels.enums import ChannelState
from apps.core.errors import DomainError
from apps.core.numbers import whole, wholes
from apps.groups.admin.board import board_columns
from apps.groups.admin.bulk_forms import BulkForm, CloseForm, ZoneField, bulk_context
from apps.groups.admin.filters import ChannelHealthFilter, FullnessFilter
from apps.groups.admin.group_resource import GroupImportResource, GroupResource
from apps.groups.admin.membership import MembershipInline
from apps.groups.admin.positioning import FIELDSETS
from apps.groups.enums import GroupStage
from apps.groups.models import Group
from apps.groups.services.groups import assign, change_stage, close_group, refresh_teams

STAGE_COLOURS = {
    GroupStage.RECRUITING: "info",
    GroupStage.ACTIVE: "success",
    GroupStage.STEADY: "primary",
    GroupStage.QUIET: "warning",
    GroupStage.CLOSED: "default",
}
_CHANNEL_COLOURS = {"active": "success", "paused": "warning", "disabled": "danger", "none": "danger"}


@admin.register(Group)
class GroupAdmin(SpreadsheetAdminMixin, ScopedModelAdmin):
    resource_classes = [GroupResource]
    list_display = [
        "card", "stage_label", "platform", "team", "owner", "fullness", "reach",
    ]  # fmt: skip
    list_filter = [
        ("kind", MultipleChoicesDropdownFilter),
        ("stage", MultipleChoicesDropdownFilter),
        ("platform", ChoicesDropdownFilter),
        ("team", ScopedRelatedFilter),
        ("owner", ScopedRelatedFilter),
        ChannelHealthFilter,
        FullnessFilter,
    ]
    list_select_related = ["team", "owner", "channel"]
    search_fields = ["name", "leader_name", "positioning"]
    actions = ["bulk_change"]
    actions_list = ["open_board"]
    actions_detail = ["see_memberships", "close"]
    inlines = [MembershipInline]
    compressed_fields = True
    readonly_fields = ["member_count", "stage_label"]
    autocomplete_fields = ["model"]
    fieldsets = FIELDSETS
    change_form_before_template = "groups/_doors.html"

    def get_import_resource_classes(self, request: HttpRequest) -> list[type[GroupResource]]:
        return [GroupImportResource]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("board/", wrap(self.board_view), name="groups_group_board"),
            path("bulk/", wrap(self.bulk_view), name="groups_group_bulk"),
            *super().get_urls(),
        ]

    # --- columns

    @display(description=_("社群"), header=True, ordering="name")
    def card(self, group: Group) -> list[Any]:
        line = " · ".join(part for part in (group.get_kind_display(), group.leader_name) if part)
        return [group.name, line]

    @display(description=_("阶段"), ordering="stage", label=STAGE_COLOURS)
    def stage_label(self, group: Group) -> tuple[str, str]:
        return group.stage, group.get_stage_display()

    @display(description=_("成员 / 容量"), ordering="member_count")
    def fullness(self, group: Group) -> SafeString:
        level = "full" if group.member_count >= group.capacity else "open"
        return format_html(
            '<span class="portal-meter portal-meter--{}"><progress max="{}" value="{}"></progress>'
            "<span>{} / {}</span></span>",
            level,
            group.capacity,
            group.member_count,
            group.member_count,
            group.capacity,
        )

    @display(description=_("通道"), ordering="channel__state", label=_CHANNEL_COLOURS)
    def reach(self, group: Group) -> tuple[str, str]:
        if group.channel is None:
            return "none", str(_("没有通道"))
        if group.channel.state == ChannelState.ACTIVE:
            return "active", group.channel.name
        return group.channel.state, f"{group.channel.name} · {group.channel.get_state_display()}"

    # --- form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A closed group is reopened by the action on the list, not by choosing another stage in passing."""
        fields = [*super().get_readonly_fields(request, obj)]
        return [*fields, "stage"] if obj is not None and obj.stage == GroupStage.CLOSED else fields

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_choice_field(db_field, request, **kwargs)
        if db_field.name == "stage" and field is not None:
            # Ending a group asks for a reason: it has a button of its own.
            field.choices = [c for c in field.choices if c[0] != GroupStage.CLOSED]  # type: ignore[attr-defined]
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "timezone":
            return ZoneField(label=db_field.verbose_name, initial=db_field.default)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        group = self.get_object(request, object_id)
        user: Any = request.user
        doors = doors_of(group, user) if group else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "doors": doors})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        team = request.user.teams.first()  # type: ignore[union-attr]
        return {"team": team.pk if team else None, "owner": request.user.pk, **initial}

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        wanted = obj.stage
        if change and "stage" in form.changed_data:
            obj.stage = form.initial["stage"]
        super().save_model(request, obj, form, change)
        if change:
            actor: Any = request.user
            change_stage(group=obj, stage=wanted, actor=actor, now=timezone.now())
        if change and "team" in form.changed_data:
            refresh_teams(group_ids=[obj.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Groups are closed, not deleted: posts and memberships point to them."""
        return False

    # --- actions

    @action(description=_("批量修改（阶段、团队、负责人、通道）"), permissions=["change"])
    def bulk_change(self, request: HttpRequest, queryset: QuerySet[Group]) -> HttpResponse:
        ids = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True))
        return redirect(f"{reverse('admin:groups_group_bulk')}?ids={ids}")

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what to change for the chosen groups, then do it for each through its service."""
        if not self.has_change_permission(request):
            return redirect("admin:groups_group_changelist")
        ids = wholes(request.GET.get("ids", "").split(","))
        groups = self.get_queryset(request).filter(pk__in=ids)
        form = BulkForm(request.POST or None, user=request.user)  # type: ignore[arg-type]
        if request.method == "POST" and form.is_valid():
            self._apply(request, groups, form)
            return redirect("admin:groups_group_changelist")
        title = _("批量修改社群")
        return TemplateResponse(request, "groups/bulk.html", bulk_context(request, form, groups, title))

    def _apply(self, request: HttpRequest, groups: QuerySet[Group], form: BulkForm) -> None:
        actor: Any = request.user
        now = timezone.now()
        changed = 0
        if form.changes():
            changed = (
                run_service(
                    request, lambda: assign(groups=list(groups), actor=actor, now=now, **form.changes())
                )
                or 0
            )
        if stage := form.stage_change():
            refused = []
            for group in groups:
                try:
                    change_stage(group=group, stage=stage, actor=actor, now=now)
                except DomainError as error:
                    refused.append(str(error))
            changed = max(changed, len(groups) - len(refused))
            for sentence in refused[:5]:
                messages.error(request, sentence)
        if changed:
            messages.success(request, _("已修改 %d 个社群。") % changed)

    @action(description=_("看板"), url_path="open-board", icon="view_kanban")
    def open_board(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:groups_group_board")

    @action(description=_("全部成员记录"), url_path="see-memberships", icon="groups")
    def see_memberships(self, request: HttpRequest, object_id: int) -> HttpResponse:
        url = reverse("admin:groups_membership_changelist")
        return redirect(f"{url}?group__id__exact={object_id}")

    @action(
        description=_("结束这个群"),
        url_path="close",
        icon="flag",
        variant=ActionVariant.DANGER,
        permissions=["change"],
        dialog={
            "title": _("结束这个群"),
            "description": _(
                "结束后不再选入新帖子，成员记录保留。已经排期的消息不会自动取消，请到日历里处理。"
            ),
            "form_class": CloseForm,
            "form_submit_text": _("结束"),
        },
    )
    def close(self, request: HttpRequest, form: CloseForm, object_id: int) -> HttpResponse:
        group = get_object_or_404(self.get_queryset(request), pk=object_id)
        actor: Any = request.user
        run_service(
            request,
            lambda: close_group(
                group=group, actor=actor, now=timezone.now(), reason=form.cleaned_data["reason"]
            ),
            success=str(_("“%s”已结束。") % group),
        )
        url = reverse("admin:groups_group_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": url})

    # --- board

    def board_view(self, request: HttpRequest) -> HttpResponse:
        """Cards by stage; a card dropped on another column changes the group's stage."""
        if not self.has_view_permission(request):
            return redirect("admin:index")
        if request.method == "POST":
            return self._move_card(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("社群看板"),
            "opts": self.opts,
            "columns": board_columns(self.get_queryset(request)),
            "may_move": self.has_change_permission(request),
        }
        return TemplateResponse(request, "groups/board.html", context)

    def _move_card(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            return HttpResponse(_("你没有修改社群的权限。"), status=403)
        group = get_object_or_404(self.get_queryset(request), pk=whole(request.POST.get("group")))
        stage = request.POST.get("stage", "")
        if stage == GroupStage.CLOSED or stage not in GroupStage.values:
            return HttpResponse(_("结束一个群要写原因：请打开它，点“结束这个群”。"), status=409)
        actor: Any = request.user
        try:
            change_stage(group=group, stage=stage, actor=actor, now=timezone.now())
        except DomainError as error:
            return HttpResponse(str(error), status=409)
        return HttpResponse(status=204)
