"""Money that came in."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet
from apps.orders.models.order import Order
from apps.orders.providers.registry import provider_choices


class PaymentQuerySet(ScopedQuerySet["Payment"]):
    def in_teams(self, user: User) -> "PaymentQuerySet":
        return self.filter(order__in=Order.objects.visible_to(user))


class Payment(models.Model):
    """收款. One row per transaction of a provider, never changed; a notice that repeats finds its row.

    ``data`` is what the provider said, without personal data. ``is_surplus``: it came for an order that was
    closed or paid already, and is returned in full.
    """

    order = models.ForeignKey(
        Order, verbose_name=_("订单"), on_delete=models.PROTECT, related_name="payments"
    )
    provider = models.CharField(_("支付方式"), max_length=24, choices=provider_choices)
    transaction_no = models.CharField(_("交易号"), max_length=64)
    amount = models.DecimalField(_("金额（元）"), max_digits=12, decimal_places=2)
    paid_at = models.DateTimeField(_("付款时间"))
    received_at = models.DateTimeField(_("收到通知时间"), db_default=Now(), editable=False)
    is_surplus = models.BooleanField(_("多付或迟到"), default=False, db_default=False)
    data: Any = models.JSONField(_("渠道信息"), default=dict, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("收款")
        verbose_name_plural = _("收款")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "transaction_no"],
                name="payment_transaction_once",
                violation_error_message=_("这个交易号已经记过一笔收款。"),
            ),
            models.CheckConstraint(condition=~Q(transaction_no=""), name="payment_has_transaction_no"),
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="payment_amount_positive",
                violation_error_message=_("收款金额要大于 0。"),
            ),
        ]

    def __str__(self) -> str:
        return self.transaction_no
