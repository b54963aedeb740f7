"""订单: looked at, never typed in; a person may mark one paid, cancel it, or give money back."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    MultipleChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.accounts.admin.base import ReadOnlyModelAdmin, ScopedTabularInline, run_service
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.accounts.models import User
from apps.core.clock import database_now
from apps.members.models import Member
from apps.members.selectors.search import search_members
from apps.orders.admin.dialogs import CancelForm, ReferenceForm, RefundForm
from apps.orders.admin.words import ORDER_COLOURS, surplus_text, yuan
from apps.orders.enums import OrderState
from apps.orders.models import Order, Payment, Refund
from apps.orders.services.orders import cancel_by_staff
from apps.orders.services.payments import mark_paid
from apps.orders.services.refunds import refund_by_staff

_MOST_MEMBERS = 200


class _ReadOnlyInline(ScopedTabularInline):
    can_delete = False
    show_title = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PaymentInline(_ReadOnlyInline):
    model = Payment
    fields = ["transaction_no", "provider", "amount", "paid_at", "remark"]
    readonly_fields = fields
    ordering = ["id"]

    @display(description=_("说明"))
    def remark(self, payment: Payment) -> str:
        return surplus_text(payment)


class RefundInline(_ReadOnlyInline):
    model = Refund
    fields = ["number", "amount", "state", "reason", "done_at", "error"]
    readonly_fields = fields
    ordering = ["id"]


def _dialog(title: Any, form_class: type) -> dict[str, Any]:
    return {"title": title, "description": "", "form_class": form_class, "form_submit_text": title}


@admin.register(Order)
class OrderAdmin(ReadOnlyModelAdmin):
    list_display = ["ordered_at", "card", "person", "money", "state_label", "purpose_text"]
    list_filter = [
        ("state", MultipleChoicesDropdownFilter),
        ("ordered_at", RangeDateTimeFilter),
        ("team", ScopedRelatedFilter),
        ("provider", ChoicesDropdownFilter),
    ]
    list_select_related = ["member"]
    # Only what an index can order.
    sortable_by = ["ordered_at"]
    search_fields = ["number"]
    search_help_text = _("完整的订单号或交易号，成员昵称或手机号")
    inlines = [PaymentInline, RefundInline]
    actions_detail = ["mark_paid_dialog", "refund_dialog", "cancel_dialog"]
    compressed_fields = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("number", "state_text"),
                    ("title", "product"),
                    ("member_link", "team"),
                    ("unit_price", "quantity"),
                    ("amount", "cost"),
                    ("paid_amount", "refund_amount"),
                    ("ordered_at", "pay_before"),
                    ("paid_at", "closed_at"),
                    ("provider", "purpose_text"),
                ]
            },
        )
    ]
    readonly_fields = ["state_text", "member_link", "purpose_text"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return super().get_queryset(request).select_related("member", "team", "product")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """A number of ours or of the provider in full, or whoever a member search finds: each by an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        of_payment = Payment.objects.filter(transaction_no=term).values_list("order_id", flat=True)
        members = search_members(Member.objects.visible_to(cast(User, request.user)), term)
        found = list(members.order_by().values_list("pk", flat=True)[:_MOST_MEMBERS])
        matches = Q(number__in={term, term.upper()}) | Q(pk__in=list(of_payment[:50])) | Q(member__in=found)
        return queryset.filter(matches), False

    # --- columns

    @display(description=_("订单"), header=True)
    def card(self, order: Order) -> list[str]:
        return [order.title, order.number]

    @display(description=_("成员"))
    def person(self, order: Order) -> str:
        return str(order.member)

    @display(description=_("金额"))
    def money(self, order: Order) -> str:
        if order.refund_amount:
            return _t("%(amount)s（退 %(refund)s）") % {
                "amount": yuan(order.amount),
                "refund": yuan(order.refund_amount),
            }
        return yuan(order.amount)

    @display(description=_("状态"), label=ORDER_COLOURS)
    def state_label(self, order: Order) -> tuple[str, str]:
        return order.state, order.get_state_display()

    @display(description=_("状态"))
    def state_text(self, order: Order) -> str:
        """For the form: a label's pair of value and text is only understood by lists."""
        return order.get_state_display()

    @display(description=_("用途"))
    def purpose_text(self, order: Order) -> str:
        return f"{order.purpose} {order.purpose_ref}".strip() or "—"

    @display(description=_("成员"))
    def member_link(self, order: Order) -> SafeString:
        url = reverse("admin:members_member_change", args=[order.member_id])
        return format_html('<a class="portal-link" href="{}">{}</a>', url, order.member)

    # --- what a person may do

    @action(
        description=_("标记已付款"),
        url_path="mark-paid",
        icon="paid",
        permissions=["mark_paid"],
        variant=ActionVariant.SUCCESS,
        dialog=_dialog(_("标记已付款"), ReferenceForm),
    )
    def mark_paid_dialog(self, request: HttpRequest, form: ReferenceForm, object_id: int) -> HttpResponse:
        reference = form.cleaned_data["reference"]
        return self._do(
            request,
            object_id,
            lambda order, actor: mark_paid(order=order, actor=actor, reference=reference, now=database_now()),
            _t("已记下这笔收款。"),
        )

    @action(
        description=_("退款"),
        url_path="refund",
        icon="undo",
        permissions=["refund"],
        variant=ActionVariant.WARNING,
        dialog=_dialog(_("退款"), RefundForm),
    )
    def refund_dialog(self, request: HttpRequest, form: RefundForm, object_id: int) -> HttpResponse:
        values = form.cleaned_data
        return self._do(
            request,
            object_id,
            lambda order, actor: refund_by_staff(
                order=order,
                amount=values["amount"],
                reason=values["reason"],
                key=f"staff:{order.pk}:{values['key']}",
                actor=actor,
                now=database_now(),
            ),
            _t("退款已登记：能原路退回的会自动退，人工收款的请转账后在“退款”里确认。"),
        )

    @action(
        description=_("取消订单"),
        url_path="cancel",
        icon="block",
        permissions=["cancel"],
        variant=ActionVariant.DANGER,
        dialog=_dialog(_("取消订单"), CancelForm),
    )
    def cancel_dialog(self, request: HttpRequest, form: CancelForm, object_id: int) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        return self._do(
            request,
            object_id,
            lambda order, actor: cancel_by_staff(order=order, actor=actor, now=database_now(), reason=reason),
            _t("订单已取消。"),
        )

    def _do(
        self, request: HttpRequest, object_id: int, call: Callable[[Order, Any], Any], done: str
    ) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        run_service(request, lambda: call(order, request.user), success=done)
        return HttpResponse(headers={"HX-Redirect": reverse("admin:orders_order_change", args=[object_id])})

    def has_mark_paid_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, "orders.mark_paid", Q(state=OrderState.AWAITING))

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, "orders.cancel_order", Q(state=OrderState.AWAITING))

    def has_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, "orders.refund_order", Q(paid_amount__gt=F("refund_amount")))

    def _offers(self, request: HttpRequest, object_id: Any, permission: str, fits: Q) -> bool:
        if not request.user.has_perm(permission):
            return False
        return object_id is None or self.get_queryset(request).filter(fits, pk=object_id).exists()
