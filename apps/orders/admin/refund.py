"""退款: what waits for a provider or a person, what failed, and what a person may do about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, MultipleChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.accounts.admin.base import ReadOnlyModelAdmin, run_service
from apps.core.clock import database_now
from apps.orders.admin.dialogs import ConfirmForm
from apps.orders.admin.words import REFUND_COLOURS, yuan
from apps.orders.enums import RefundState
from apps.orders.models import Refund
from apps.orders.providers.registry import all_providers
from apps.orders.services.refunds import confirm_refund, retry_refund


def by_person() -> Q:
    """Refunds that a person has to pay back."""
    keys = [key for key, provider in all_providers().items() if provider.is_refund_by_person]
    return Q(state=RefundState.REQUESTED, payment__provider__in=keys)


class WaitingFilter(DropdownFilter):
    title = _("谁来处理")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("person", _t("等人处理")), ("machine", _t("自动处理中"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Refund]) -> QuerySet[Refund]:
        match self.value():
            case "person":
                return queryset.filter(by_person() | Q(state=RefundState.FAILED))
            case "machine":
                machine = [RefundState.REQUESTED, RefundState.SENDING, RefundState.UNKNOWN]
                return queryset.filter(state__in=machine).exclude(by_person())
        return queryset


@admin.register(Refund)
class RefundAdmin(ReadOnlyModelAdmin):
    list_display = ["requested_at", "card", "money", "state_label", "reason", "done_at", "short_error"]
    list_filter = [
        WaitingFilter,
        ("state", MultipleChoicesDropdownFilter),
        ("requested_at", RangeDateTimeFilter),
    ]
    list_select_related = ["order", "payment"]
    sortable_by: tuple[str, ...] = ()
    search_fields = ["number__exact", "order__number__exact", "provider_no__exact"]
    search_help_text = _("完整的退款单号或订单号")
    actions_detail = ["confirm_dialog", "retry"]
    compressed_fields = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("number", "state_text"),
                    ("order_link", "amount"),
                    ("reason", "actor"),
                    ("requested_at", "done_at"),
                    ("provider_text", "provider_no"),
                    ("code", "error"),
                    ("attempt_count", "available_at"),
                ]
            },
        )
    ]
    readonly_fields = ["state_text", "order_link", "provider_text"]

    @display(description=_("退款"), header=True)
    def card(self, refund: Refund) -> list[str]:
        return [refund.order.number, refund.number]

    @display(description=_("金额"))
    def money(self, refund: Refund) -> str:
        return yuan(refund.amount)

    @display(description=_("状态"), label=REFUND_COLOURS)
    def state_label(self, refund: Refund) -> tuple[str, str]:
        return refund.state, refund.get_state_display()

    @display(description=_("状态"))
    def state_text(self, refund: Refund) -> str:
        return refund.get_state_display()

    @display(description=_("问题"))
    def short_error(self, refund: Refund) -> str:
        return refund.error[:60] or "—"

    @display(description=_("订单"))
    def order_link(self, refund: Refund) -> SafeString:
        url = reverse("admin:orders_order_change", args=[refund.order_id])
        return format_html('<a class="portal-link" href="{}">{}</a>', url, refund.order.number)

    @display(description=_("支付方式"))
    def provider_text(self, refund: Refund) -> str:
        return refund.payment.get_provider_display()

    # --- what a person may do

    @action(
        description=_("确认已退款"),
        url_path="confirm",
        icon="check",
        permissions=["confirm"],
        variant=ActionVariant.SUCCESS,
        dialog={
            "title": _("确认已退款"),
            "description": "",
            "form_class": ConfirmForm,
            "form_submit_text": _("确认已退款"),
        },
    )
    def confirm_dialog(self, request: HttpRequest, form: ConfirmForm, object_id: int) -> HttpResponse:
        reference = form.cleaned_data["reference"]
        return self._do(
            request,
            object_id,
            lambda refund, actor: confirm_refund(
                refund=refund, actor=actor, reference=reference, now=database_now()
            ),
            _t("已确认退款。"),
        )

    @action(
        description=_("重试退款"),
        url_path="retry",
        icon="replay",
        permissions=["retry"],
        variant=ActionVariant.WARNING,
        dialog={
            "title": _("重试退款"),
            "description": _("请先解决失败的原因（例如给商户号充值），再重试。"),
            "form_submit_text": _("重试退款"),
        },
    )
    def retry(self, request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda refund, actor: retry_refund(refund=refund, actor=actor, now=database_now()),
            _t("已重新排队。"),
        )

    def _do(
        self, request: HttpRequest, object_id: int, call: Callable[[Refund, Any], Any], done: str
    ) -> HttpResponse:
        refund = get_object_or_404(self.get_queryset(request), pk=object_id)
        run_service(request, lambda: call(refund, request.user), success=done)
        return HttpResponse(headers={"HX-Redirect": reverse("admin:orders_refund_change", args=[object_id])})

    def has_confirm_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, by_person())

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, Q(state=RefundState.FAILED))

    def _offers(self, request: HttpRequest, object_id: Any, fits: Q) -> bool:
        if not request.user.has_perm("orders.refund_order"):
            return False
        return object_id is None or self.get_queryset(request).filter(fits, pk=object_id).exists()
