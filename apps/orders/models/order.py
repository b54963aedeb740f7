"""What a member owes or has paid."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.members.models import Member
from apps.members.models.member import MemberTeam
from apps.orders.enums import CLOSED_STATES, PAID_STATES, OrderState
from apps.orders.models.product import Product
from apps.orders.providers.registry import provider_choices

_PAID = Q(state__in=sorted(PAID_STATES))
_CLOSED = Q(state__in=sorted(CLOSED_STATES))


class OrderQuerySet(ScopedQuerySet["Order"]):
    def in_teams(self, user: User) -> "OrderQuerySet":
        """Orders of the user's teams, and all orders of the members whom they may see (S1)."""
        mine = user.teams.all()
        seen = MemberTeam.objects.filter(member=models.OuterRef("member"), team__in=mine)
        return self.filter(Q(team__in=mine) | models.Exists(seen))


class Order(TimeStamped):
    """订单. ``number`` is ours (``O`` + yymmdd + random Crockford) or the shop's own; providers know it.

    Money in yuan, to the cent: ``amount`` is payable in total, ``paid_amount`` the sum of its payments,
    ``refund_amount`` the sum of its refunds that did not fail (those under way count: they are promised),
    ``cost`` our cost of all pieces.

    ``purpose`` and ``purpose_ref`` say which room the order serves and what that room calls it: its owner in
    ``services.owners`` hears of every change. ``group_id`` is a plain number: groups lie above this room.
    ``facts`` is what its owner says of where it came from (campaign, run, post, channel, inviter), for every event.
    ``pay_before`` is when an unpaid order lapses and what it holds becomes free (C5).
    """

    number = models.CharField(_("订单号"), max_length=64)
    # A hot table: every index is paid for by each new order, so there are as few as the pages need.
    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("团队"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    group_id = models.BigIntegerField(_("社群编号"), null=True, blank=True)
    product = models.ForeignKey(
        Product,
        verbose_name=_("商品"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,
    )
    title = models.CharField(_("内容"), max_length=120)
    quantity = models.PositiveIntegerField(_("数量"), default=1, db_default=1)
    unit_price = models.DecimalField(_("单价（元）"), max_digits=12, decimal_places=2)
    amount = models.DecimalField(_("应付（元）"), max_digits=12, decimal_places=2)
    paid_amount = models.DecimalField(
        _("已付（元）"), max_digits=12, decimal_places=2, default=Decimal(0), db_default=0
    )
    refund_amount = models.DecimalField(
        _("退款（元）"),
        max_digits=12,
        decimal_places=2,
        default=Decimal(0),
        db_default=0,
        help_text=_("含正在退的，不含失败的。"),
    )
    cost = models.DecimalField(
        _("成本（元）"), max_digits=12, decimal_places=2, default=Decimal(0), db_default=0
    )
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=OrderState.choices,
        default=OrderState.AWAITING,
        db_default=OrderState.AWAITING,
    )
    provider = models.CharField(_("支付方式"), max_length=24, choices=provider_choices)
    pay_before = models.DateTimeField(_("付款截止"), null=True, blank=True)
    ordered_at = models.DateTimeField(_("下单时间"))
    paid_at = models.DateTimeField(_("付款时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("关闭时间"), null=True, blank=True)
    purpose = models.CharField(_("用途"), max_length=24, blank=True, default="", db_default="")
    purpose_ref = models.CharField(_("用途编号"), max_length=80, blank=True, default="", db_default="")

    facts = models.JSONField(
        _("来历"),
        default=dict,
        db_default={},
        blank=True,
        editable=False,
        help_text=_("活动、活动期、帖子、渠道、邀请人：写进这张订单的每个事件。"),
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("订单")
        verbose_name_plural = _("订单")
        ordering = ["-ordered_at", "-id"]
        permissions = [
            ("mark_paid", _("可把订单标记为已付款")),
            ("cancel_order", _("可取消未付款的订单")),
            ("refund_order", _("可退款、确认退款、重试退款")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], name="order_number_once", violation_error_message=_("这个订单号已经存在。")
            ),
            models.UniqueConstraint(
                fields=["purpose", "purpose_ref"],
                condition=~Q(purpose=""),
                name="order_purpose_once",
                violation_error_message=_("这件事已经有一张订单了。"),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, unit_price__gte=0, cost__gte=0, quantity__gte=1),
                name="order_money_not_negative",
                violation_error_message=_("金额不能为负，数量至少是 1。"),
            ),
            models.CheckConstraint(
                condition=Q(refund_amount__gte=0, refund_amount__lte=F("paid_amount")),
                name="order_refund_within_paid",
                violation_error_message=_("退款不能超过已付的金额。"),
            ),
            # Somebody may pay twice: what is too much is kept on record and returned, so no upper bound here.
            models.CheckConstraint(
                condition=(Q(state="awaiting") & Q(paid_amount=0))
                | (_PAID & Q(paid_amount__gte=F("amount")))
                | (_CLOSED & Q(paid_amount__gte=0)),
                name="order_paid_amount_fits_state",
                violation_error_message=_("已付金额和订单状态对不上。"),
            ),
            models.CheckConstraint(
                condition=(_PAID & Q(paid_at__isnull=False)) | (~_PAID & Q(paid_at__isnull=True)),
                name="order_paid_at_iff_paid",
                violation_error_message=_("付款时间和订单状态对不上。"),
            ),
            models.CheckConstraint(
                condition=(_CLOSED & Q(closed_at__isnull=False)) | (~_CLOSED & Q(closed_at__isnull=True)),
                name="order_closed_at_iff_closed",
                violation_error_message=_("关闭时间和订单状态对不上。"),
            ),
        ]
        indexes = [
            models.Index(fields=["-ordered_at", "-id"], name="order_newest"),
            models.Index(fields=["member", "-ordered_at"], name="order_of_member"),
            models.Index(
                fields=["pay_before"],
                condition=Q(state="awaiting", pay_before__isnull=False),
                name="order_due_to_lapse",
            ),
            models.Index(fields=["product"], condition=Q(product__isnull=False), name="order_of_product"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def refundable_amount(self) -> Decimal:
        """What may still be promised back, in yuan."""
        return self.paid_amount - self.refund_amount
