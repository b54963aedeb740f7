"""预警: figures that are watched, and the days on which they left their band."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.analytics.enums import Sensitivity
from apps.analytics.models.subject import About, AboutQuerySet, one_subject
from apps.core.models import ScopedQuerySet, TimeStamped


class AlertRule(About, TimeStamped):
    """A figure that is looked at every day. ``looked_on`` is the last day that was judged."""

    metric = models.CharField(_("指标"), max_length=40)
    sensitivity = models.CharField(
        _("灵敏度"),
        max_length=8,
        choices=Sensitivity.choices,
        default=Sensitivity.NORMAL,
        help_text=_("越灵敏，越小的变化也会提醒，误报也越多。"),
    )
    owner = models.ForeignKey(
        User, verbose_name=_("通知谁"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_active = models.BooleanField(_("启用"), default=True)
    looked_on = models.DateField(_("看到哪天"), null=True, blank=True, editable=False)

    objects = AboutQuerySet["AlertRule"].as_manager()

    class Meta:
        verbose_name = _("预警规则")
        verbose_name_plural = _("预警规则")
        ordering = ["metric", "id"]
        constraints = [
            one_subject("alertrule_one_subject"),
            models.UniqueConstraint(
                fields=["metric", "team", "group", "campaign", "run"],
                name="alertrule_once",
                nulls_distinct=False,
                violation_error_message=_("这个指标已经在看了，改那一条规则就好。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_label} · {self.metric}"


class AlertQuerySet(ScopedQuerySet["Alert"]):
    def in_teams(self, user: User) -> "AlertQuerySet":
        return self.filter(rule__in=AlertRule.objects.visible_to(user))


class Alert(models.Model):
    """One day on which a figure was outside of what was to be expected; at most one per rule and day."""

    rule = models.ForeignKey(
        AlertRule, verbose_name=_("规则"), on_delete=models.CASCADE, related_name="alerts", db_index=False
    )
    day = models.DateField(_("日期"))
    value = models.DecimalField(_("数值"), max_digits=18, decimal_places=4)
    expected = models.DecimalField(_("预期"), max_digits=18, decimal_places=4)
    low = models.DecimalField(_("下限"), max_digits=18, decimal_places=4)
    high = models.DecimalField(_("上限"), max_digits=18, decimal_places=4)
    created_at = models.DateTimeField(_("发现时间"), db_default=Now())
    seen_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    seen_by = models.ForeignKey(
        User, verbose_name=_("处理人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.CharField(_("处理说明"), max_length=200, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("预警")
        verbose_name_plural = _("预警")
        ordering = ["-day", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "day"], name="alert_once_a_day"),
            models.CheckConstraint(
                condition=Q(value__lt=F("low")) | Q(value__gt=F("high")), name="alert_is_outside_of_its_band"
            ),
        ]
        indexes = [models.Index(fields=["-day"], condition=Q(seen_at__isnull=True), name="alert_unseen")]

    def __str__(self) -> str:
        return f"{self.day} {self.rule_id}"

    def get_absolute_url(self) -> str:
        """The band of its figure."""
        return reverse("admin:analytics_alerts") + f"?rule={self.rule_id}"
