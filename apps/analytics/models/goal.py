"""目标: how much of what until when."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.analytics.enums import Standing
from apps.analytics.models.subject import About, AboutQuerySet, one_subject
from apps.core.models import TimeStamped


class Goal(About, TimeStamped):
    """A figure that shall reach ``target`` within a period (shares are fractions: 0.25, not 25).

    Which way is good comes from the metric. ``value`` … ``track`` are derived by ``services.goals.read_goals`` and
    may be rederived at any time: the figure so far, the forecast of its last day with a 90 % interval, and the curve
    ``[[day, so far], …]`` for the picture.
    """

    metric = models.CharField(_("指标"), max_length=40)
    target = models.DecimalField(_("目标值"), max_digits=16, decimal_places=4)
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"))
    owner = models.ForeignKey(
        User, verbose_name=_("负责人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.CharField(_("备注"), max_length=200, blank=True)
    value = models.DecimalField(
        _("目前"), max_digits=18, decimal_places=4, null=True, blank=True, editable=False
    )
    forecast = models.DecimalField(
        _("预计"), max_digits=18, decimal_places=4, null=True, blank=True, editable=False
    )
    low = models.DecimalField(
        _("预计下限"), max_digits=18, decimal_places=4, null=True, blank=True, editable=False
    )
    high = models.DecimalField(
        _("预计上限"), max_digits=18, decimal_places=4, null=True, blank=True, editable=False
    )
    standing = models.CharField(
        _("进展"), max_length=10, choices=Standing.choices, default=Standing.UNCLEAR, editable=False
    )
    track = models.JSONField(_("走势"), default=list, blank=True, editable=False)
    read_at = models.DateTimeField(_("计算时间"), null=True, blank=True, editable=False)

    objects = AboutQuerySet["Goal"].as_manager()

    class Meta:
        verbose_name = _("目标")
        verbose_name_plural = _("目标")
        ordering = ["-ends_on", "metric", "id"]
        constraints = [
            one_subject("goal_one_subject"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="goal_ends_after_it_starts",
                violation_error_message=_("结束日期不能早于开始日期。"),
            ),
            models.CheckConstraint(
                condition=Q(starts_on__gte=date(2000, 1, 1), ends_on__lte=date(2100, 1, 1)),
                name="goal_in_our_time",
                violation_error_message=_("日期要在 2000 年到 2100 年之间。"),
            ),
            models.CheckConstraint(
                condition=Q(target__gt=0),
                name="goal_target_positive",
                violation_error_message=_("目标值要大于 0。"),
            ),
            models.UniqueConstraint(
                fields=["metric", "starts_on", "ends_on", "team", "group", "campaign", "run"],
                name="goal_once",
                nulls_distinct=False,
                violation_error_message=_("这个对象、指标和时段已经有目标了，改那一个就好。"),
            ),
        ]
        indexes = [models.Index(fields=["ends_on", "starts_on"], name="goal_by_period")]

    def __str__(self) -> str:
        return f"{self.subject_label} · {self.metric}"

    def get_absolute_url(self) -> str:
        """The goal's form in the admin."""
        return reverse("admin:analytics_goal_change", args=[self.pk])
