"""Money that goes back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.orders.enums import OPEN_REFUND_STATES, RefundState
from apps.orders.models.order import Order
from apps.orders.models.payment import Payment


class RefundQuerySet(ScopedQuerySet["Refund"]):
    def in_teams(self, user: User) -> "RefundQuerySet":
        return self.filter(order__in=Order.objects.visible_to(user))


class Refund(TimeStamped):
    """退款. ``key`` makes a request once; ``number`` is what the provider knows it by, so that asking again
    cannot pay twice. ``provider_no`` is the provider's own number of it.

    ``available_at`` is the earliest next step by the machine; ``attempt_count`` fences: a result is written only
    by the attempt that is the latest.
    """

    order = models.ForeignKey(Order, verbose_name=_("订单"), on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(
        Payment, verbose_name=_("收款"), on_delete=models.PROTECT, related_name="refunds"
    )
    key = models.CharField(_("去重标识"), max_length=120)
    number = models.CharField(_("退款单号"), max_length=32)
    amount = models.DecimalField(_("金额（元）"), max_digits=12, decimal_places=2)
    reason = models.CharField(_("原因"), max_length=200)
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=RefundState.choices,
        default=RefundState.REQUESTED,
        db_default=RefundState.REQUESTED,
    )
    provider_no = models.CharField(_("渠道退款号"), max_length=64, blank=True, default="", db_default="")
    requested_at = models.DateTimeField(_("申请时间"))
    available_at = models.DateTimeField(_("下次处理时间"))
    attempt_count = models.PositiveIntegerField(_("尝试次数"), default=0, db_default=0)
    done_at = models.DateTimeField(_("退款时间"), null=True, blank=True)
    code = models.CharField(_("渠道代码"), max_length=40, blank=True, default="", db_default="")
    is_closed = models.BooleanField(_("渠道已关闭此单号"), default=False, db_default=False, editable=False)
    error = models.CharField(_("问题"), max_length=300, blank=True, default="", db_default="")
    actor = models.ForeignKey(
        User, verbose_name=_("申请人"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("退款")
        verbose_name_plural = _("退款")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="refund_key_once"),
            models.UniqueConstraint(fields=["number"], name="refund_number_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="refund_amount_positive",
                violation_error_message=_("退款金额要大于 0。"),
            ),
            models.CheckConstraint(
                condition=(Q(state="done") & Q(done_at__isnull=False))
                | (~Q(state="done") & Q(done_at__isnull=True)),
                name="refund_done_at_iff_done",
                violation_error_message=_("退款时间和退款状态对不上。"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(state__in=sorted(OPEN_REFUND_STATES)),
                name="refund_open",
            ),
        ]

    def __str__(self) -> str:
        return self.number
