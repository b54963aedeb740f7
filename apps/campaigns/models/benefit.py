"""What members get."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.campaigns.enums import BenefitKind, CouponKind
from apps.campaigns.providers.registry import provider_choices
from apps.core.models import ScopedQuerySet, TimeStamped

#: What one gift may be at most: more is a slip of the finger that would overflow a member's account.
MOST_POINTS = 1_000_000
MOST_DAYS = 3_660


class BenefitQuerySet(ScopedQuerySet["Benefit"]):
    def in_teams(self, user: User) -> "BenefitQuerySet":
        return self.filter(team__in=user.teams.all())


class Benefit(TimeStamped):
    """礼品. ``cost`` is what one costs us, ``face_value`` what it is worth to the member: both for ROI.

    ``amount``: points of a points benefit, days of a membership; the sum in yuan of a red packet is
    ``face_value``. Coupons carry their terms here and each issued coupon keeps a copy.
    """

    name = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(_("种类"), max_length=12, choices=BenefitKind.choices)
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True, related_name="benefits"
    )
    cost = models.DecimalField(
        _("成本"), max_digits=10, decimal_places=2, default=0, help_text=_("每份成本，元。算预算和回报用。")
    )
    face_value = models.DecimalField(
        _("面值"),
        max_digits=10,
        decimal_places=2,
        default=0,
        help_text=_("成员看到的价值，元。红包就是金额。"),
    )
    stock = models.PositiveIntegerField(
        _("总库存"), null=True, blank=True, help_text=_("留空表示不限；兑换码以码池为准。")
    )
    issued = models.PositiveIntegerField(_("已发"), default=0, db_default=0, editable=False)
    low_stock = models.PositiveIntegerField(
        _("低库存提醒"), default=20, help_text=_("剩余到这个数时提醒负责人。")
    )
    amount = models.PositiveIntegerField(
        _("数额"), default=0, help_text=_("积分礼品填积分数，会员天数填天数。")
    )
    provider = models.CharField(
        _("发放通道"),
        max_length=32,
        blank=True,
        choices=provider_choices,
        help_text=_("红包用；留空表示由人发。"),
    )
    daily_limit = models.PositiveIntegerField(
        _("每人每天最多几个"),
        null=True,
        blank=True,
        help_text=_("红包用：同一成员同一天超出的第二天再发。留空表示不限。"),
    )
    #: When staff were told of the low stock; empty again once there is more, so that each crossing is told once.
    low_stock_told_at = models.DateTimeField(_("已提醒低库存"), null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("启用"), default=True)
    note = models.CharField(_("说明"), max_length=200, blank=True, help_text=_("给成员看的使用说明。"))

    coupon_kind = models.CharField(_("券种"), max_length=10, choices=CouponKind.choices, blank=True)
    coupon_value = models.DecimalField(
        _("券面额"),
        max_digits=10,
        decimal_places=2,
        default=0,
        help_text=_("立减填元；折扣填折后百分比，例如 85 表示八五折。"),
    )
    coupon_cap = models.DecimalField(
        _("最多优惠"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("折扣券的封顶，元。"),
    )
    coupon_threshold = models.DecimalField(
        _("满多少可用"),
        max_digits=10,
        decimal_places=2,
        default=0,
        help_text=_("满减门槛，元。0 表示无门槛。"),
    )
    coupon_scope = models.CharField(
        _("适用范围"), max_length=120, blank=True, help_text=_("商品编码，用逗号隔开；留空表示全部商品。")
    )
    coupon_valid_from = models.DateTimeField(_("生效时间"), null=True, blank=True)
    coupon_valid_until = models.DateTimeField(_("失效时间"), null=True, blank=True)
    coupon_valid_days = models.PositiveIntegerField(
        _("领取后几天有效"), null=True, blank=True, help_text=_("与失效时间二选一；都填时以先到的为准。")
    )
    returns_on_refund = models.BooleanField(
        _("退款退券"), default=True, help_text=_("订单全额退款时把券还给成员；部分退款不还。")
    )

    objects = BenefitQuerySet.as_manager()

    class Meta:
        verbose_name = _("礼品")
        verbose_name_plural = _("礼品")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stock__isnull=True) | Q(issued__lte=F("stock")),
                name="benefit_not_over_issued",
                violation_error_message=_("库存不能少于已发数量。"),
            ),
            models.CheckConstraint(
                condition=Q(cost__gte=0, face_value__gte=0),
                name="benefit_money_not_negative",
                violation_error_message=_("成本和面值不能为负。"),
            ),
            models.CheckConstraint(
                condition=~Q(kind=BenefitKind.COUPON) | ~Q(coupon_kind=""),
                name="benefit_coupon_has_kind",
                violation_error_message=_("请选券种。"),
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[BenefitKind.POINTS, BenefitKind.MEMBERSHIP]) | Q(amount__gte=1),
                name="benefit_amount_positive",
                violation_error_message=_("请填积分数或天数。"),
            ),
            models.CheckConstraint(
                condition=~Q(kind=BenefitKind.POINTS) | Q(amount__lte=MOST_POINTS),
                name="benefit_points_sane",
                violation_error_message=_("一份礼品最多 1,000,000 积分。"),
            ),
            models.CheckConstraint(
                condition=~Q(kind=BenefitKind.MEMBERSHIP) | Q(amount__lte=MOST_DAYS),
                name="benefit_membership_sane",
                violation_error_message=_("一份会员最多 3,660 天（十年）。"),
            ),
            models.CheckConstraint(
                condition=Q(coupon_valid_days__isnull=True) | Q(coupon_valid_days__lte=MOST_DAYS),
                name="benefit_coupon_days_sane",
                violation_error_message=_("领取后最多 3,660 天（十年）有效；长期有效请留空。"),
            ),
            models.CheckConstraint(
                condition=~Q(kind=BenefitKind.RED_PACKET) | Q(face_value__gt=0),
                name="benefit_red_packet_has_amount",
                violation_error_message=_("请填红包金额。"),
            ),
            models.CheckConstraint(
                condition=~Q(coupon_kind=CouponKind.PERCENT) | Q(coupon_value__gt=0, coupon_value__lt=100),
                name="benefit_percent_sane",
                violation_error_message=_("折扣要在 0 到 100 之间，例如 85 表示八五折。"),
            ),
            models.CheckConstraint(
                condition=Q(coupon_valid_from__isnull=True)
                | Q(coupon_valid_until__isnull=True)
                | Q(coupon_valid_until__gt=F("coupon_valid_from")),
                name="benefit_coupon_window",
                violation_error_message=_("失效时间要晚于生效时间。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CodeQuerySet(ScopedQuerySet["Code"]):
    def in_teams(self, user: User) -> "CodeQuerySet":
        return self.filter(benefit__in=Benefit.objects.visible_to(user))

    def free(self) -> "CodeQuerySet":
        return self.filter(taken_at__isnull=True)


class Code(models.Model):
    """One code of a pool; given once (C3): a grant's codes point to it, and ``taken_at`` is set with it."""

    benefit = models.ForeignKey(
        Benefit, verbose_name=_("礼品"), on_delete=models.PROTECT, related_name="codes", db_index=False
    )
    value = models.CharField(_("码"), max_length=120)
    taken_at = models.DateTimeField(_("发出时间"), null=True, blank=True)
    grant_id = models.BigIntegerField(_("发放编号"), null=True, blank=True)

    objects = CodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("兑换码")
        verbose_name_plural = _("兑换码")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["benefit", "value"],
                name="code_value_once",
                violation_error_message=_("码池里已有这个码。"),
            ),
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True, grant_id__isnull=True)
                | Q(taken_at__isnull=False, grant_id__isnull=False),
                name="code_taken_by_a_grant",
            ),
        ]
        indexes = [
            models.Index(fields=["benefit", "id"], condition=Q(taken_at__isnull=True), name="code_free"),
            models.Index(fields=["grant_id"], condition=Q(grant_id__isnull=False), name="code_of_grant"),
        ]

    def __str__(self) -> str:
        return f"···{self.value[-4:]}"
