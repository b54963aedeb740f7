"""Figures that go out by themselves: what, to whom, when, and what became of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.analytics.enums import IssueState, Rhythm
from apps.channels.models import Channel
from apps.core.models import ScopedQuerySet, TimeStamped


class ReportPlanQuerySet(ScopedQuerySet["ReportPlan"]):
    def in_teams(self, user: User) -> "ReportPlanQuerySet":
        return self.filter(Q(owner=user) | Q(team__in=user.teams.all()))


class ReportPlan(TimeStamped):
    """定时报告. Its figures are those that its owner may see at the moment it is made, of one team if one is named.

    ``rhythm`` daily reports yesterday, weekly (on ``weekday``, 0 Monday) the last seven days, monthly (on
    ``month_day``) the last calendar month, all at ``hour`` o'clock of the portal's time zone.
    """

    name = models.CharField(_("名称"), max_length=60)
    owner = models.ForeignKey(
        User,
        verbose_name=_("负责人"),
        on_delete=models.CASCADE,
        related_name="+",
        editable=False,
        help_text=_("报告里只有负责人看得到的数据。"),
    )
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    metrics = ArrayField(models.CharField(max_length=60), verbose_name=_("指标"))
    rhythm = models.CharField(_("多久一次"), max_length=8, choices=Rhythm.choices, default=Rhythm.DAILY)
    weekday = models.PositiveSmallIntegerField(
        _("星期几"),
        default=0,
        choices=list(
            enumerate((_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")))
        ),
        help_text=_("每周的报告在这一天发。"),
    )
    month_day = models.PositiveSmallIntegerField(
        _("几号"), default=1, help_text=_("每月的报告在这一天发，1 到 28。")
    )
    hour = models.PositiveSmallIntegerField(_("几点"), default=9)
    people = models.ManyToManyField(
        User, verbose_name=_("邮件发给"), blank=True, related_name="+", help_text=_("要在账号里填了邮箱。")
    )
    channels = models.ManyToManyField(
        Channel,
        verbose_name=_("机器人"),
        blank=True,
        related_name="+",
        help_text=_("摘要发到机器人所在的群。"),
    )
    is_on = models.BooleanField(_("启用"), default=True)
    next_at = models.DateTimeField(_("下次发送"), editable=False)

    objects = ReportPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("定时报告")
        verbose_name_plural = _("定时报告")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hour__lte=23),
                name="report_hour_of_a_day",
                violation_error_message=_("几点要在 0 到 23 之间。"),
            ),
            models.CheckConstraint(
                condition=Q(month_day__gte=1, month_day__lte=28),
                name="report_day_of_every_month",
                violation_error_message=_("几号要在 1 到 28 之间。"),
            ),
            models.CheckConstraint(
                condition=Q(weekday__lte=6),
                name="report_day_of_a_week",
                violation_error_message=_("请选星期几。"),
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(is_on=True), name="report_due")]

    def __str__(self) -> str:
        return self.name


class ReportIssueQuerySet(ScopedQuerySet["ReportIssue"]):
    def in_teams(self, user: User) -> "ReportIssueQuerySet":
        """Its owner's alone: a text says what they could see, which may be more than the plan's team, and more than
        whoever takes the plan over may."""
        return self.filter(owner=user)


class ReportIssue(models.Model):
    """One report of a plan: written once per due time with what its ``owner`` might see then, and sent.

    ``mail`` per person: "" waiting, sending, ok, or the error. ``tries`` per person: how often, and when the last began.
    """

    plan = models.ForeignKey(
        ReportPlan,
        verbose_name=_("定时报告"),
        on_delete=models.CASCADE,
        related_name="issues",
        db_index=False,
    )
    owner = models.ForeignKey(
        User, verbose_name=_("负责人"), on_delete=models.CASCADE, related_name="+", null=True, editable=False
    )
    due_at = models.DateTimeField(_("应发时间"))
    made_at = models.DateTimeField(_("生成时间"), db_default=Now())
    first_day = models.DateField(_("从"))
    last_day = models.DateField(_("到"))
    state = models.CharField(_("状态"), max_length=8, choices=IssueState.choices, default=IssueState.MADE)
    text = models.TextField(_("内容"), blank=True)
    mail = models.JSONField(_("邮件"), default=dict, blank=True)
    tries = models.JSONField(_("每个人的尝试"), default=dict, blank=True)
    deliveries = models.PositiveSmallIntegerField(_("机器人消息"), default=0)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    objects = ReportIssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("报告记录")
        verbose_name_plural = _("报告记录")
        ordering = ["-due_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["plan", "due_at"], name="report_once_per_period")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="made"), name="report_to_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.due_at:%Y-%m-%d %H:%M}"
