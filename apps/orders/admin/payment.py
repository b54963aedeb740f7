"""收款: what providers and staff have reported; never changed by hand."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.orders.admin.words import surplus_text, yuan
from apps.orders.models import Payment


@admin.register(Payment)
class PaymentAdmin(ReadOnlyModelAdmin):
    list_display = ["paid_at", "transaction_no", "order", "money", "provider", "remark"]
    list_filter = [
        ("provider", ChoicesDropdownFilter),
        ("paid_at", RangeDateTimeFilter),
        "is_surplus",
    ]
    list_select_related = ["order"]
    sortable_by: tuple[str, ...] = ()
    search_fields = ["transaction_no__exact", "order__number__exact"]
    search_help_text = _("完整的交易号或订单号")
    readonly_fields = ["remark"]
    fields = ["order", "provider", "transaction_no", "amount", "paid_at", "received_at", "remark", "data"]

    @display(description=_("金额"))
    def money(self, payment: Payment) -> str:
        return yuan(payment.amount)

    @display(description=_("说明"))
    def remark(self, payment: Payment) -> str:
        return surplus_text(payment)
