"""实验: a question that is asked before, and answered once."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.analytics.enums import ExperimentState
from apps.core.models import ScopedQuerySet, TimeStamped


class ExperimentQuerySet(ScopedQuerySet["Experiment"]):
    def in_teams(self, user: User) -> "ExperimentQuerySet":
        return self.filter(team__in=user.teams.all())


class Experiment(TimeStamped):
    """Two versions of what is sent to groups. Groups are allocated to versions when it starts, by the seed and their
    sizes; what is compared, for how many days and how large an effect is looked for are fixed then too.

    ``variants``: ``[{"key": "A", "label": …, "text": …}, …]``; ``allocation``: ``{group id: key}``; ``snapshot``: what
    the figures said when it was decided.
    """

    name = models.CharField(_("名称"), max_length=80)
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    hypothesis = models.TextField(_("假设"), max_length=500)
    metric = models.CharField(_("主要指标"), max_length=60)
    variants = models.JSONField(_("方案"), default=list)
    minimum_effect = models.FloatField(
        _("想看出多大的变化"), help_text=_("相对变化，0.2 是两成。比这小的差别不值得换方案。")
    )
    days = models.PositiveIntegerField(_("看几天"), default=7)
    seed = models.BigIntegerField(_("随机种子"))
    planned_groups = models.PositiveIntegerField(_("计划的群数"), default=0)
    allocation = models.JSONField(_("分组"), default=dict, blank=True)
    state = models.CharField(
        _("状态"),
        max_length=8,
        choices=ExperimentState.choices,
        default=ExperimentState.DRAFT,
        editable=False,
    )
    started_at = models.DateTimeField(_("开始时间"), null=True, blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decision = models.CharField(_("决定"), max_length=20, blank=True)
    reason = models.TextField(_("理由"), max_length=500, blank=True)
    snapshot = models.JSONField(_("决定时的数字"), default=dict, blank=True)
    author = models.ForeignKey(
        User, verbose_name=_("负责人"), on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        verbose_name = _("实验")
        verbose_name_plural = _("实验")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum_effect__gt=0, minimum_effect__lte=5),
                name="experiment_effect_sane",
                violation_error_message=_("想看出的变化要在 0 到 500% 之间。"),
            ),
            models.CheckConstraint(
                condition=Q(days__gte=1, days__lte=90),
                name="experiment_days_sane",
                violation_error_message=_("看 1 到 90 天。"),
            ),
            models.CheckConstraint(
                condition=Q(state=ExperimentState.DRAFT) | Q(started_at__isnull=False),
                name="experiment_started_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ExperimentState.DECIDED)
                | (Q(decided_at__isnull=False) & ~Q(decision="") & ~Q(reason="")),
                name="experiment_decided_says_why",
                violation_error_message=_("决定要写理由。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
