"""One period of a campaign."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.enums import RunState
from apps.campaigns.mechanics.registry import mechanic_choices
from apps.campaigns.models.campaign import Campaign
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.members.models import Member


class RunQuerySet(ScopedQuerySet["Run"]):
    def in_teams(self, user: User) -> "RunQuerySet":
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


class Run(TimeStamped):
    """期: a window with its own frozen rules. Verbs hold a shared lock on this row, so closing waits for them.

    ``plan`` is the frozen copy: ``rules``, ``slots`` ({slot: [{benefit, quantity, kind, name, cost, face_value}]}),
    ``eligibility``, ``risk``, ``entries_per_member``, ``contributions_per_member``, ``holdout_percent``, ``product_name``,
    ``title``.
    ``revision`` grows when an intervention changes it.
    """

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("活动"), on_delete=models.PROTECT, related_name="runs", db_index=False
    )
    number = models.PositiveIntegerField(_("期数"))
    #: Names the period it was opened for (its planned start, ISO) so that two beats open it once (C10).
    period = models.CharField(_("周期"), max_length=40)
    mechanic = models.CharField(_("玩法"), max_length=32, choices=mechanic_choices)
    state = models.CharField(
        _("状态"), max_length=10, choices=RunState.choices, default=RunState.SCHEDULED, editable=False
    )
    opens_at = models.DateTimeField(_("开始时间"))
    closes_at = models.DateTimeField(_("结束时间"))
    plan = models.JSONField(_("本期规则"), default=dict)
    revision = models.PositiveIntegerField(_("规则版本"), default=1)
    opened_at = models.DateTimeField(_("实际开始"), null=True, blank=True)
    warned_at = models.DateTimeField(_("已提醒"), null=True, blank=True)
    closed_at = models.DateTimeField(_("实际结束"), null=True, blank=True)
    review_until = models.DateTimeField(_("公示到"), null=True, blank=True)
    ranked_at = models.DateTimeField(_("名次确定"), null=True, blank=True)
    settled_at = models.DateTimeField(_("结算时间"), null=True, blank=True)
    scored_until = models.DateTimeField(_("计分到"), null=True, blank=True)
    watched_until = models.DateTimeField(_("风控查到"), null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("活动期")
        verbose_name_plural = _("活动期")
        ordering = ["-opens_at"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="run_number_once"),
            models.UniqueConstraint(fields=["campaign", "period"], name="run_period_once"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="run_closes_after_it_opens",
                violation_error_message=_("结束时间要晚于开始时间。"),
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.SETTLED) | Q(settled_at__isnull=False),
                name="run_settled_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["opens_at"], condition=Q(state=RunState.SCHEDULED), name="run_due_to_open"),
            models.Index(
                fields=["closes_at"],
                condition=Q(state__in=[RunState.OPEN, RunState.PAUSED]),
                name="run_due_to_close",
            ),
            models.Index(
                fields=["state"],
                condition=Q(state__in=[RunState.CLOSED, RunState.REVIEW, RunState.SETTLING]),
                name="run_due_to_settle",
            ),
        ]

    def __str__(self) -> str:
        return _("%(title)s 第 %(number)d 期") % {"title": self.campaign.title, "number": self.number}

    def get_absolute_url(self) -> str:
        """The run's monitor in the admin."""
        return reverse("admin:campaigns_run_monitor", args=[self.pk])


class RunStockQuerySet(ScopedQuerySet["RunStock"]):
    def in_teams(self, user: User) -> "RunStockQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))


class RunStock(models.Model):
    """What gets scarcer in a run, apart from the run's own row: verbs share that one and change this one (C1, C3)."""

    run = models.OneToOneField(
        Run, verbose_name=_("活动期"), on_delete=models.CASCADE, primary_key=True, related_name="stock"
    )
    stock = models.PositiveIntegerField(_("库存"), null=True, blank=True)
    reserved = models.PositiveIntegerField(_("占用"), default=0, db_default=0)
    sold = models.PositiveIntegerField(_("售出"), default=0, db_default=0)
    budget = models.DecimalField(_("预算"), max_digits=12, decimal_places=2, null=True, blank=True)
    granted_cost = models.DecimalField(
        _("礼品成本"), max_digits=12, decimal_places=2, default=0, db_default=0
    )

    objects = RunStockQuerySet.as_manager()

    class Meta:
        verbose_name = _("本期库存与预算")
        verbose_name_plural = _("本期库存与预算")
        constraints = [
            models.CheckConstraint(
                condition=Q(stock__isnull=True) | Q(stock__gte=F("reserved") + F("sold")),
                name="run_never_oversold",
                violation_error_message=_("库存不能少于已占用和已售出。"),
            ),
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(granted_cost__lte=F("budget")),
                name="run_budget_holds",
                violation_error_message=_("预算不能少于已发礼品的成本。"),
            ),
            models.CheckConstraint(condition=Q(granted_cost__gte=0), name="run_granted_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.run_id)


class MemberQuotaQuerySet(ScopedQuerySet["MemberQuota"]):
    def in_teams(self, user: User) -> "MemberQuotaQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))


class MemberQuota(models.Model):
    """How often a member did something in a run: one row per scope, changed conditionally, never counted (C2)."""

    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.CASCADE, related_name="quotas", db_index=False
    )
    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="+", db_index=False
    )
    scope = models.CharField(_("限制"), max_length=60)
    used = models.PositiveIntegerField(_("已用"), default=0)
    most = models.PositiveIntegerField(_("上限"))

    objects = MemberQuotaQuerySet.as_manager()

    class Meta:
        verbose_name = _("成员次数")
        verbose_name_plural = _("成员次数")
        constraints = [
            models.UniqueConstraint(fields=["run", "member", "scope"], name="member_quota_once"),
            models.CheckConstraint(condition=Q(used__lte=F("most")), name="member_quota_holds"),
        ]
        indexes = [models.Index(fields=["member"], name="member_quota_member")]

    def __str__(self) -> str:
        return f"{self.scope} {self.used}/{self.most}"


class ClaimQuerySet(ScopedQuerySet["Claim"]):
    def in_teams(self, user: User) -> "ClaimQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))


class Claim(models.Model):
    """What only one may hold in a run: a gift, an item of a swap (C8, C9)."""

    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.CASCADE, related_name="claims", db_index=False
    )
    key = models.CharField(_("对象"), max_length=80)
    entry_id = models.BigIntegerField(_("参与单编号"))

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("独占")
        verbose_name_plural = _("独占")
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="claim_once")]

    def __str__(self) -> str:
        return self.key
