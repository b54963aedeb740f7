"""投递: the outbox as a read-only list; a delivery with its attempts and what a person may decide."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.accounts.admin.base import ReadOnlyModelAdmin, ScopedTabularInline, run_service
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.channels.admin.dialogs import DecideForm, ReasonForm
from apps.channels.admin.inbox import image_view, inbox_view, waiting_view
from apps.channels.enums import DeliveryState
from apps.channels.models import Attempt, Delivery
from apps.channels.services import by_person
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.numbers import wholes

STATE_COLOURS = {
    DeliveryState.PENDING: "info",
    DeliveryState.CLAIMED: "info",
    DeliveryState.SENDING: "info",
    DeliveryState.SENT: "success",
    DeliveryState.FAILED: "danger",
    DeliveryState.UNKNOWN: "danger",
    DeliveryState.AWAITING_PERSON: "warning",
    DeliveryState.MISSED: "warning",
    DeliveryState.HELD: "warning",
}

#: verb → (service, states it is offered in, what the button says, what is said afterwards)
_VERBS: dict[str, tuple[Callable[..., Delivery], frozenset[str], Any, Any]] = {
    "mark_sent": (
        by_person.mark_sent,
        frozenset({"awaiting_person", "unknown", "failed", "missed"}),
        _("标记已发"),
        _("已标记为送达。"),
    ),
    "resend": (
        by_person.resend,
        frozenset({"unknown", "failed", "missed"}),
        _("重发"),
        _("已重新排队，几秒内发出。"),
    ),
    "cancel": (
        by_person.cancel,
        frozenset({"pending", "claimed", "held", "awaiting_person", "unknown"}),
        _("取消"),
        _("不再发送。"),
    ),
}


class AttemptInline(ScopedTabularInline):
    model = Attempt
    fields = ["number", "started_at", "took", "outcome", "status", "code", "detail"]
    readonly_fields = fields
    ordering = ["number"]
    can_delete = False
    show_title = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("用时"))
    def took(self, attempt: Attempt) -> str:
        if attempt.finished_at is None:
            return _t("没有结束")
        return f"{(attempt.finished_at - attempt.started_at).total_seconds():.2f} s"


def _decision(verb: str, description: Any, **extra: Any) -> Any:
    """A detail action: a dialog asks for the reason, then the service is called."""
    label = _VERBS[verb][2]

    @action(
        description=label,
        url_path=verb.replace("_", "-"),
        permissions=[verb],
        dialog={
            "title": label,
            "description": description,
            "form_class": ReasonForm,
            "form_submit_text": label,
        },
        **extra,
    )
    def decide(self: "DeliveryAdmin", request: HttpRequest, form: ReasonForm, object_id: int) -> HttpResponse:
        return self.decide_one(request, object_id, verb, form.cleaned_data["reason"])

    return decide


def _bulk(verb: str) -> Any:
    @action(description=_VERBS[verb][2], permissions=["operate"])
    def choose(self: "DeliveryAdmin", request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        ids = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True)[:200])
        return redirect(f"{reverse('admin:channels_delivery_decide', args=[verb])}?ids={ids}")

    return choose


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyModelAdmin):
    list_display = ["due_at", "card", "channel", "state_label", "sent_at", "attempt_count", "short_reason"]
    list_filter = [
        ("state", MultipleChoicesDropdownFilter),
        ("channel", ScopedRelatedFilter),
        ("team", ScopedRelatedFilter),
        ("due_at", RangeDateTimeFilter),
    ]
    list_select_related = ["channel"]
    search_fields = ["recipient", "subject"]
    search_help_text = _("社群或事项")
    inlines = [AttemptInline]
    compressed_fields = True
    actions = ["mark_sent_selected", "resend_selected", "cancel_selected"]
    actions_detail = ["mark_sent", "resend", "cancel"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("state", "reason"),
                    ("recipient", "channel"),
                    ("subject", "source"),
                    ("due_at", "cutoff_at"),
                    ("sent_at", "available_at"),
                    "shown_content",
                ]
            },
        ),
        (_("技术细节"), {"classes": ["tab"], "fields": [("key", "address"), ("reason_code", "team")]}),
    ]
    readonly_fields = ["source", "shown_content"]

    mark_sent_selected = _bulk("mark_sent")
    resend_selected = _bulk("resend")
    cancel_selected = _bulk("cancel")
    mark_sent = _decision(
        "mark_sent",
        _("你在群里看到了这条消息，或者已经手工发了。"),
        icon="check",
        variant=ActionVariant.SUCCESS,
    )
    resend = _decision(
        "resend",
        _("马上再发一次。如果上一次其实已经送达，群里会看到两条：先到群里看一眼。"),
        icon="replay",
        variant=ActionVariant.WARNING,
    )
    cancel = _decision("cancel", _("这条消息不再发送。"), icon="block", variant=ActionVariant.DANGER)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            ("inbox/", lambda request: inbox_view(self, request), "channels_delivery_inbox"),
            ("inbox/waiting/", waiting_view, "channels_delivery_waiting"),
            ("<int:pk>/image/", lambda request, pk: image_view(request, pk), "channels_delivery_image"),
            ("decide/<str:verb>/", self.decide_view, "channels_delivery_decide"),
        ]
        return [*(path(route, wrap(view), name=name) for route, view, name in own), *super().get_urls()]

    # --- columns

    @display(description=_("社群与事项"), header=True, ordering="recipient")
    def card(self, delivery: Delivery) -> list[Any]:
        return [delivery.recipient, delivery.subject]

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def state_label(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()

    @display(description=_("原因"))
    def short_reason(self, delivery: Delivery) -> str:
        return delivery.reason[:60] or "—"

    @display(description=_("来源"))
    def source(self, delivery: Delivery) -> SafeString | str:
        if not delivery.source_url.startswith("/"):
            return delivery.subject or "—"
        return format_html('<a class="portal-link" href="{}">{}</a>', delivery.source_url, delivery.subject)

    @display(description=_("内容"))
    def shown_content(self, delivery: Delivery) -> SafeString:
        content = delivery.content
        if content.get("kind") == "image":
            url = reverse("admin:channels_delivery_image", args=[delivery.pk])
            return format_html('<a class="portal-link" href="{}">{}</a>', url, _t("下载图片"))
        text = "\n".join(content[name] for name in ("title", "text", "url") if content.get(name))
        return format_html('<div class="portal-pre">{}</div>', text)

    # --- decisions

    def decide_one(self, request: HttpRequest, object_id: int, verb: str, reason: str) -> HttpResponse:
        delivery = get_object_or_404(self.get_queryset(request), pk=object_id)
        service, _states, _label, done = _VERBS[verb]
        actor: Any = request.user
        run_service(
            request,
            lambda: service(delivery=delivery, actor=actor, now=database_now(), reason=reason),
            success=str(done),
        )
        return HttpResponse(
            headers={"HX-Redirect": reverse("admin:channels_delivery_change", args=[object_id])}
        )

    def decide_view(self, request: HttpRequest, verb: str) -> HttpResponse:
        """The same decision for the chosen deliveries, each through its service; refusals are named."""
        if verb not in _VERBS:
            raise Http404
        if not self.has_operate_permission(request):
            raise PermissionDenied
        service, states, label, _done = _VERBS[verb]
        ids = wholes(request.GET.get("ids", "").split(","))[:200]
        chosen = self.get_queryset(request).filter(pk__in=ids)
        form = DecideForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            self._decide_all(request, chosen, service, form.cleaned_data["reason"])
            return redirect("admin:channels_delivery_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": label,
            "opts": self.opts,
            "form": form,
            "deliveries": [delivery for delivery in chosen if delivery.state in states],
            "unfit_count": sum(delivery.state not in states for delivery in chosen),
        }
        return TemplateResponse(request, "channels/decide.html", context)

    def _decide_all(
        self, request: HttpRequest, chosen: QuerySet[Delivery], service: Callable[..., Delivery], reason: str
    ) -> None:
        done, refused = 0, []
        actor: Any = request.user
        for delivery in chosen:
            try:
                service(delivery=delivery, actor=actor, now=database_now(), reason=reason)
                done += 1
            except DomainError as error:
                refused.append(str(error))
        if done:
            messages.success(request, _t("处理了 %(count)s 条。") % {"count": done})
        for sentence in refused[:5]:
            messages.error(request, sentence)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("channels.operate_delivery")

    def has_mark_sent_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, "mark_sent")

    def has_resend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, "resend")

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, "cancel")

    def _offers(self, request: HttpRequest, object_id: Any, verb: str) -> bool:
        if not self.has_operate_permission(request):
            return False
        if object_id is None:
            return True
        return self.get_queryset(request).filter(pk=object_id, state__in=_VERBS[verb][1]).exists()
