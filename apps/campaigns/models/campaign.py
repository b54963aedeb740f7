"""A plan that brings runs."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.campaigns.enums import CampaignState, Repeat
from apps.campaigns.mechanics.registry import mechanic_choices
from apps.campaigns.models.benefit import Benefit
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.groups.models import Group


class CampaignQuerySet(ScopedQuerySet["Campaign"]):
    def in_teams(self, user: User) -> "CampaignQuerySet":
        return self.filter(team__in=user.teams.all())


class Campaign(TimeStamped):
    """活动: mechanic, rules, benefits, eligibility, caps, risk policy, recurrence.

    What a run plays by is its own frozen copy (``Run.plan``); changing a campaign changes later runs only.
    """

    title = models.CharField(_("活动名称"), max_length=60)
    mechanic = models.CharField(_("玩法"), max_length=32, choices=mechanic_choices)
    state = models.CharField(
        _("状态"), max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT, editable=False
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("团队"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
    )
    owner = models.ForeignKey(
        User,
        verbose_name=_("负责人"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="campaigns",
    )
    groups = models.ManyToManyField(
        Group,
        verbose_name=_("活动社群"),
        blank=True,
        related_name="campaigns",
        help_text=_("活动的帖子发到这些群；退群作废也看这些群。"),
    )
    headline = models.CharField(_("主标题"), max_length=60, blank=True, help_text=_("成员页面最大的一行字。"))
    intro = models.TextField(_("活动说明"), blank=True, help_text=_("规则、时间、礼品，写在页面上才算数。"))
    product_name = models.CharField(
        _("商品名称"), max_length=80, blank=True, help_text=_("拼团、砍价等要付款的玩法会写进订单。")
    )
    mini_program_path = models.CharField(
        _("小程序路径"),
        max_length=200,
        blank=True,
        help_text=_("填了它，分享用小程序，不用网页链接。"),
    )
    rules = models.JSONField(_("玩法规则"), default=dict, blank=True)
    eligibility = models.JSONField(_("参与资格"), default=dict, blank=True)
    risk = models.JSONField(_("风控规则"), default=dict, blank=True)
    stock = models.PositiveIntegerField(
        _("每期库存"), null=True, blank=True, help_text=_("留空表示不限。卖完即止，绝不超卖。")
    )
    budget = models.DecimalField(
        _("每期预算"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("礼品成本的上限，元。留空表示不限；到了上限就不再发。"),
    )
    expected_entries = models.PositiveIntegerField(
        _("预计发起"),
        default=100,
        help_text=_("一期大概有多少人发起，只用来算账，不限制参与。"),
    )
    entries_per_member = models.PositiveIntegerField(
        _("每人最多发起"), default=1, help_text=_("一期之内。0 表示不限。")
    )
    contributions_per_member = models.PositiveIntegerField(
        _("每人最多参与"), default=0, help_text=_("一期之内帮别人的次数。0 表示不限。")
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("对照组"),
        default=0,
        db_default=0,
        help_text=_("随机留出百分之几的老成员不参加，用来算活动真正带来多少。0 不留，最多 20；常用 5–10。"),
    )

    repeat = models.CharField(_("重复"), max_length=10, choices=Repeat.choices, default=Repeat.ONCE)
    timezone = models.CharField(_("时区"), max_length=40, default="Asia/Shanghai")
    starts_at = models.DateTimeField(
        _("首期开始"), null=True, blank=True, help_text=_("只办一期时就是开始时间；重复时从这一刻起算。")
    )
    #: Runs are planned from here on: set by launching and resuming, so that neither opens a period that had
    #: begun before, while an outage leaves it as it is (C10).
    plans_from = models.DateTimeField(_("起排时间"), null=True, blank=True, editable=False)
    repeat_until = models.DateTimeField(_("重复到"), null=True, blank=True)
    at_time = models.TimeField(_("每期几点开始"), null=True, blank=True)
    weekdays = models.JSONField(
        _("星期几"), default=list, blank=True, help_text=_("每周重复时用：0 是周一，6 是周日。")
    )
    month_days = models.JSONField(_("几号"), default=list, blank=True, help_text=_("每月重复时用，例如 18。"))
    duration_minutes = models.PositiveIntegerField(_("每期时长（分钟）"), default=3 * 24 * 60)
    warn_minutes = models.PositiveIntegerField(
        _("结束前多久提醒（分钟）"),
        default=120,
        help_text=_("提醒负责人，并起草“最后时刻”的帖子。0 表示不提醒。"),
    )
    drafts_posts = models.BooleanField(
        _("自动起草帖子"),
        default=True,
        help_text=_("每期的预热、开始、提醒、结果帖子，起草到内容日历，仍要审批。"),
    )

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("活动")
        verbose_name_plural = _("活动")
        ordering = ["-id"]
        permissions = [
            ("launch_campaign", _("可上线、暂停活动和干预各期")),
            ("act_for_member", _("可代成员操作（留痕）")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(budget__gte=0),
                name="campaign_budget_not_negative",
                violation_error_message=_("预算不能为负。"),
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=1, duration_minutes__lte=366 * 24 * 60),
                name="campaign_duration_sane",
                violation_error_message=_("每期时长要在 1 分钟到 1 年之间。"),
            ),
            models.CheckConstraint(
                condition=Q(holdout_percent__lte=20),
                name="campaign_holdout_small",
                violation_error_message=_("对照组最多百分之二十。"),
            ),
        ]
        indexes = [models.Index(fields=["state", "mechanic"]), models.Index(fields=["team", "state"])]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The campaign's page in the admin."""
        return reverse("admin:campaigns_campaign_change", args=[self.pk])


class CampaignBenefitQuerySet(ScopedQuerySet["CampaignBenefit"]):
    def in_teams(self, user: User) -> "CampaignBenefitQuerySet":
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


class CampaignBenefit(models.Model):
    """A benefit in one of the mechanic's slots; ``quantity`` of it each time."""

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("活动"), on_delete=models.CASCADE, related_name="benefits"
    )
    slot = models.CharField(_("给谁"), max_length=40)
    benefit = models.ForeignKey(
        Benefit, verbose_name=_("礼品"), on_delete=models.PROTECT, related_name="campaign_uses"
    )
    quantity = models.PositiveIntegerField(_("数量"), default=1)

    objects = CampaignBenefitQuerySet.as_manager()

    class Meta:
        verbose_name = _("活动礼品")
        verbose_name_plural = _("活动礼品")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "slot", "benefit"],
                name="campaign_benefit_once",
                violation_error_message=_("这份礼品已经在这里了，改数量即可。"),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1),
                name="campaign_benefit_quantity_positive",
                violation_error_message=_("数量至少为 1。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slot}: {self.benefit}"
