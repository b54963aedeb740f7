"""通道: list with quota and penalty, form, pause, enable, test message."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.accounts.admin.base import ScopedModelAdmin, run_service
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.accounts.admin.import_export import SpreadsheetAdminMixin
from apps.accounts.selectors.teams import assignable_teams
from apps.accounts.services.audit import audit
from apps.channels.admin.channel_form import CONDITIONAL_FIELDS, ChannelForm, drivers_help
from apps.channels.admin.channel_resource import ChannelResource
from apps.channels.admin.dialogs import ActivateForm, ConfirmForm, PauseForm, TestForm
from apps.channels.admin.health import health_view, live_view
from apps.channels.drivers.registry import get_driver
from apps.channels.enums import CHANNEL_MOVES, ChannelState
from apps.channels.models import Channel
from apps.channels.selectors.progress import ChannelHealth, channel_healths
from apps.channels.services.lifecycle import activate_channel, pause_channel, send_test

STATE_COLOURS = {
    ChannelState.ACTIVE: "success",
    ChannelState.PAUSED: "warning",
    ChannelState.DISABLED: "danger",
}


def _dialog(title: Any, description: Any, submit: Any, form_class: type[ConfirmForm]) -> Any:
    return {
        "title": title,
        "description": description,
        "form_class": form_class,
        "form_submit_text": submit,
    }


@admin.register(Channel)
class ChannelAdmin(SpreadsheetAdminMixin, ScopedModelAdmin):
    resource_classes = [ChannelResource]
    form = ChannelForm
    conditional_fields = CONDITIONAL_FIELDS
    list_display = ["card", "state_label", "team", "owner", "quota", "backlog"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("driver", ChoicesDropdownFilter),
        ("platform", ChoicesDropdownFilter),
        ("team", ScopedRelatedFilter),
        ("owner", ScopedRelatedFilter),
    ]
    list_select_related = ["team", "owner"]
    search_fields = ["name"]
    readonly_fields = ["state_text", "quota", "backlog"]
    actions_detail = ["send_test_message", "pause", "activate"]
    compressed_fields = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        return super().get_queryset(request).select_related("team", "owner")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        secrets = ["secret", "signing_secret", *(["forget_signing"] if obj and obj.signing_secret else [])]
        first = ["name", "driver", *secrets, "platform", ("team", "owner")]
        pace = [("rate_limit", "rate_window_seconds"), "is_at_least_once"]
        sections = [
            (None, {"fields": first, "description": drivers_help() if obj is None else ""}),
            (_("限速与重发"), {"fields": pace}),
        ]
        if obj is not None:
            sections.insert(0, (_("现况"), {"fields": [("state_text", "quota", "backlog")]}))
        return sections

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        health = wrap(lambda request: health_view(self, request))
        live = wrap(lambda request: live_view(self, request))
        return [
            path("health/", health, name="channels_health"),
            path("health/live/", live, name="channels_health_live"),
            *super().get_urls(),
        ]

    # --- columns

    @display(description=_("通道"), header=True, ordering="name")
    def card(self, channel: Channel) -> list[Any]:
        return [channel.name, f"{channel.get_driver_display()} {channel.masked_secret}".strip()]

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def state_label(self, channel: Channel) -> tuple[str, str]:
        return channel.state, channel.get_state_display()

    @display(description=_("状态"))
    def state_text(self, channel: Channel) -> str:
        """For the form: a label's pair of value and text is only understood by lists."""
        label = channel.get_state_display()
        return f"{label} · {channel.state_reason}" if channel.state_reason else label

    @display(description=_("本窗口已用"))
    def quota(self, channel: Channel) -> SafeString | str:
        health = self._health(channel)
        if health is None or get_driver(channel.driver).is_manual:
            return "—"
        until = channel.circuit_open_until
        note = ""
        if until and until > timezone.now():
            note = _t("平台限流，到 %(time)s") % {"time": date_format(timezone.localtime(until), "H:i:s")}
        return format_html(
            '<span class="portal-meter portal-meter--{}"><progress max="{}" value="{}"></progress>'
            "<span>{} / {}</span></span> {}",
            "full" if health.used >= channel.rate_limit else "open",
            channel.rate_limit,
            health.used,
            health.used,
            channel.rate_limit,
            note,
        )

    @display(description=_("待发"))
    def backlog(self, channel: Channel) -> str:
        health = self._health(channel)
        if health is None:
            return "—"
        parts = [str(health.due_count)]
        if health.held_count:
            parts.append(_t("挂起 %(count)s") % {"count": health.held_count})
        if health.unknown_count:
            parts.append(_t("结果未知 %(count)s") % {"count": health.unknown_count})
        return " · ".join(parts)

    def _health(self, channel: Channel) -> ChannelHealth | None:
        """Of one channel; the list has loaded all of its page in one query."""
        if channel.pk is None:
            return None
        if not hasattr(channel, "health"):
            [channel.health] = channel_healths(channels=[channel], now=timezone.now())  # type: ignore[attr-defined]
        return channel.health  # type: ignore[attr-defined,no-any-return]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        for health in channel_healths(channels=rows, now=timezone.now()):
            health.channel.health = health  # type: ignore[attr-defined]
        changelist.result_list = rows
        return changelist

    # --- form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        team = request.user.teams.first()  # type: ignore[union-attr]
        first = {"driver": "wecom_robot", "team": team.pk if team else None, "owner": request.user.pk}
        return {**first, **initial}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "team" and field is not None:
            user: Any = request.user
            field.queryset = assignable_teams(user)
            # Without a team nobody but the architects would see it.
            field.required = not user.has_perm("accounts.view_all_teams")
        return field

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        """Write what the form holds and no more: the state may have moved while the page was open (D9)."""
        if change:
            obj.save(update_fields=[*ChannelForm.Meta.fields, "secret", "signing_secret", "updated_at"])
        else:
            obj.save()
        audit(
            actor=request.user,  # type: ignore[arg-type]
            action="channel.change" if change else "channel.add",
            target=obj,
            fields=list(form.changed_data),
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Channels are paused, not deleted: deliveries and groups point to them."""
        return False

    # --- actions

    @action(
        description=_("发送测试消息"),
        url_path="send-test",
        icon="send",
        permissions=["test"],
        dialog=_dialog(
            _("发送测试消息"),
            _("会向群里真实发送一条测试消息，走和正式消息同样的流程。"),
            _("发送"),
            TestForm,
        ),
    )
    def send_test_message(self, request: HttpRequest, form: ConfirmForm, object_id: int) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda channel, actor: send_test(channel=channel, actor=actor, now=timezone.now()),
            _t("测试消息已排队，几秒内发出：看看群里，或刷新这一页看结果。"),
            watch=True,
        )

    @action(
        description=_("暂停"),
        url_path="pause",
        icon="pause",
        permissions=["pause"],
        variant=ActionVariant.WARNING,
        dialog=_dialog(_("暂停通道"), "", _("暂停"), PauseForm),
    )
    def pause(self, request: HttpRequest, form: ConfirmForm, object_id: int) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        return self._do(
            request,
            object_id,
            lambda channel, actor: pause_channel(
                channel=channel, actor=actor, now=timezone.now(), reason=reason
            ),
            _t("通道已暂停。"),
        )

    @action(
        description=_("启用"),
        url_path="activate",
        icon="play_arrow",
        permissions=["activate"],
        variant=ActionVariant.SUCCESS,
        dialog=_dialog(_("启用通道"), "", _("启用"), ActivateForm),
    )
    def activate(self, request: HttpRequest, form: ConfirmForm, object_id: int) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        return self._do(
            request,
            object_id,
            lambda channel, actor: activate_channel(
                channel=channel, actor=actor, now=timezone.now(), reason=reason
            ),
            _t("通道已启用。"),
        )

    def _do(
        self,
        request: HttpRequest,
        object_id: int,
        call: Callable[[Channel, Any], Any],
        done: str,
        *,
        watch: bool = False,
    ) -> HttpResponse:
        channel = get_object_or_404(self.get_queryset(request), pk=object_id)
        result = run_service(request, lambda: call(channel, request.user), success=done)
        url = reverse("admin:channels_channel_change", args=[object_id])
        if watch and result is not None and request.user.has_perm("channels.view_delivery"):
            url = reverse("admin:channels_delivery_change", args=[result.pk])
        return HttpResponse(headers={"HX-Redirect": url})

    def has_test_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._is_in(request, object_id, lambda state: state == ChannelState.ACTIVE)

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._is_in(request, object_id, lambda state: ChannelState.PAUSED in CHANNEL_MOVES[state])

    def has_activate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._is_in(request, object_id, lambda state: ChannelState.ACTIVE in CHANNEL_MOVES[state])

    def _is_in(self, request: HttpRequest, object_id: Any, allows: Callable[[str], bool]) -> bool:
        if not self.has_change_permission(request):
            return False
        if object_id is None:
            return True
        state = self.get_queryset(request).filter(pk=object_id).values_list("state", flat=True).first()
        return state is not None and allows(state)
