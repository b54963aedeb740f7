"""What was given, to whom, and where it is."""

import secrets

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind, CouponKind, CouponState, GrantState
from apps.campaigns.models.benefit import Benefit
from apps.campaigns.models.entry import Entry
from apps.campaigns.models.run import Run
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.core.secrets import EncryptedTextField
from apps.members.models import Member
from apps.orders.models import Order

#: No vowels and nothing that is misread: a coupon is read out at a till.
COUPON_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


def new_coupon_code() -> str:
    """12 characters of 28: 57 bits."""
    return "".join(secrets.choice(COUPON_ALPHABET) for _ in range(12))


class GrantQuerySet(ScopedQuerySet["Grant"]):
    def in_teams(self, user: User) -> "GrantQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))


class Grant(TimeStamped):
    """发放: one benefit for one member, once per ``key`` (C3). ``cost`` and ``face_value`` are for all ``quantity``."""

    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.PROTECT, related_name="grants", db_index=False
    )
    entry = models.ForeignKey(
        Entry, verbose_name=_("参与单"), on_delete=models.PROTECT, related_name="grants", db_index=False
    )
    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.PROTECT, related_name="grants", db_index=False
    )
    benefit = models.ForeignKey(
        Benefit, verbose_name=_("礼品"), on_delete=models.PROTECT, related_name="grants", db_index=False
    )
    kind = models.CharField(_("种类"), max_length=12, choices=BenefitKind.choices)
    slot = models.CharField(_("给谁"), max_length=40)
    #: What the mechanic called it within its entry, e.g. ``stage_3``; a ``TakeBack`` names it.
    give_key = models.CharField(_("事由"), max_length=60)
    key = models.CharField(_("去重标识"), max_length=140)
    quantity = models.PositiveIntegerField(_("数量"), default=1)
    cost = models.DecimalField(_("成本"), max_digits=12, decimal_places=2)
    face_value = models.DecimalField(_("面值"), max_digits=12, decimal_places=2)
    state = models.CharField(_("状态"), max_length=20, choices=GrantState.choices, default=GrantState.PENDING)
    reason = models.CharField(_("原因"), max_length=120, blank=True, db_default="")
    issued_at = models.DateTimeField(_("发放时间"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0, db_default=0)
    provider_no = models.CharField(_("通道单号"), max_length=80, blank=True, db_default="")

    provider_data = models.JSONField(_("通道信息"), default=dict, blank=True, db_default={})
    #: The day, in the campaign's zone, that a red packet counts for.
    sent_on = models.DateField(_("发放日"), null=True, blank=True)
    #: Before it the machine leaves the grant alone.
    next_at = models.DateTimeField(_("下次处理"), null=True, blank=True)

    address = EncryptedTextField(_("收货地址"), blank=True, default="")
    address_hash = models.CharField(_("地址摘要"), max_length=16, blank=True, db_default="")
    shipping_company = models.CharField(_("快递公司"), max_length=40, blank=True, db_default="")
    shipping_number = models.CharField(_("快递单号"), max_length=60, blank=True, db_default="")
    shipped_at = models.DateTimeField(_("发货时间"), null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("礼品发放")
        verbose_name_plural = _("礼品发放")
        ordering = ["-id"]
        permissions = [("fulfil_grant", _("可发货、重发和处理礼品")), ("write_off_coupon", _("可核销优惠券"))]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="grant_once"),
            models.CheckConstraint(
                condition=Q(cost__gte=0, face_value__gte=0), name="grant_money_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(state=GrantState.ISSUED) | Q(issued_at__isnull=False),
                name="grant_issued_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=GrantState.SHIPPED) | Q(shipped_at__isnull=False),
                name="grant_shipped_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["run", "state", "-id"], name="grant_run_state"),
            models.Index(fields=["entry"], name="grant_entry"),
            models.Index(fields=["member", "-id"], name="grant_member_newest"),
            models.Index(fields=["benefit", "state"], name="grant_benefit_state"),
            models.Index(
                fields=["kind", "id"],
                condition=Q(state__in=[GrantState.PENDING, GrantState.SENDING]),
                name="grant_due",
            ),
            # What waits for a person, among millions that do not.
            models.Index(
                fields=["state", "run"],
                condition=Q(
                    state__in=[
                        GrantState.UNKNOWN,
                        GrantState.FAILED,
                        GrantState.HELD,
                        GrantState.UNFUNDED,
                        GrantState.AWAITING_SHIPMENT,
                    ]
                ),
                name="grant_attention",
            ),
            models.Index(
                fields=["shipping_number"], condition=~Q(shipping_number=""), name="grant_shipping_number"
            ),
            models.Index(
                fields=["run", "address_hash"], condition=~Q(address_hash=""), name="grant_run_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.benefit} → {self.member}"


class CouponQuerySet(ScopedQuerySet["Coupon"]):
    def in_teams(self, user: User) -> "CouponQuerySet":
        return self.filter(benefit__in=Benefit.objects.visible_to(user))


class Coupon(models.Model):
    """优惠券 with its own copy of the terms. ``member`` is null for printed codes until somebody binds one.

    Used at most once: the write-off is one conditional UPDATE (FIELD: the same coupon twice).
    """

    code = models.CharField(_("券码"), max_length=16, default=new_coupon_code, editable=False)
    benefit = models.ForeignKey(
        Benefit, verbose_name=_("礼品"), on_delete=models.PROTECT, related_name="coupons", db_index=False
    )
    grant = models.ForeignKey(
        Grant,
        verbose_name=_("发放"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="coupons",
        db_index=False,
    )
    member = models.ForeignKey(
        Member,
        verbose_name=_("成员"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="coupons",
        db_index=False,
    )
    batch = models.CharField(_("批次"), max_length=40, blank=True, db_default="")
    state = models.CharField(_("状态"), max_length=8, choices=CouponState.choices, default=CouponState.ACTIVE)
    kind = models.CharField(_("券种"), max_length=10, choices=CouponKind.choices)
    value = models.DecimalField(_("券面额"), max_digits=10, decimal_places=2)
    cap = models.DecimalField(_("最多优惠"), max_digits=10, decimal_places=2, null=True, blank=True)
    threshold = models.DecimalField(_("满多少可用"), max_digits=10, decimal_places=2, default=0)
    scope = models.CharField(_("适用范围"), max_length=120, blank=True, db_default="")
    valid_from = models.DateTimeField(_("生效时间"))
    valid_until = models.DateTimeField(_("失效时间"), null=True, blank=True)
    issued_at = models.DateTimeField(_("发放时间"), db_default=Now())
    used_at = models.DateTimeField(_("核销时间"), null=True, blank=True)
    used_by = models.ForeignKey(
        User,
        verbose_name=_("核销人"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    used_order = models.ForeignKey(
        Order,
        verbose_name=_("订单"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="coupons",
        db_index=False,
    )
    used_reference = models.CharField(_("小票号"), max_length=60, blank=True, db_default="")
    order_amount = models.DecimalField(_("订单金额"), max_digits=12, decimal_places=2, null=True, blank=True)
    saved_amount = models.DecimalField(_("优惠金额"), max_digits=12, decimal_places=2, null=True, blank=True)

    objects = CouponQuerySet.as_manager()

    class Meta:
        verbose_name = _("优惠券")
        verbose_name_plural = _("优惠券")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="coupon_code_once"),
            models.CheckConstraint(
                condition=Q(state=CouponState.USED, used_at__isnull=False)
                | (~Q(state=CouponState.USED) & Q(used_at__isnull=True)),
                name="coupon_used_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="coupon_window",
            ),
            models.CheckConstraint(
                condition=Q(saved_amount__isnull=True) | Q(saved_amount__gte=0),
                name="coupon_saved_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "state"], condition=Q(member__isnull=False), name="coupon_wallet"),
            models.Index(fields=["benefit", "state"], name="coupon_benefit_state"),
            models.Index(fields=["grant"], condition=Q(grant__isnull=False), name="coupon_grant"),
            models.Index(fields=["batch", "-id"], condition=~Q(batch=""), name="coupon_batch"),
            models.Index(fields=["used_order"], condition=Q(used_order__isnull=False), name="coupon_order"),
            models.Index(
                fields=["valid_until"], condition=Q(state=CouponState.ACTIVE), name="coupon_due_to_expire"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code[:4]}···{self.code[-4:]}"
