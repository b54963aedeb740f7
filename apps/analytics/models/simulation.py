"""活动推演: what was asked, what was assumed, what came out."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.campaigns.mechanics.registry import mechanic_choices
from apps.campaigns.models import Campaign
from apps.core.models import ScopedQuerySet


class SimulationQuerySet(ScopedQuerySet["Simulation"]):
    def in_teams(self, user: User) -> "SimulationQuerySet":
        return self.filter(Q(team__in=user.teams.all()) | Q(team__isnull=True, author=user))


class Simulation(models.Model):
    """One forecast, never changed: the same ``inputs`` and ``seed`` give the same ``results``.

    ``inputs``: ``{"priors": …, "variants": [{"name", "rules", "setting"}]}``; ``results``: for each variant what
    ``simulation.summary.summarise`` says.
    """

    name = models.CharField(_("名称"), max_length=80)
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("活动"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="simulations",
    )
    mechanic = models.CharField(_("玩法"), max_length=32, choices=mechanic_choices)
    inputs = models.JSONField(_("输入"))
    seed = models.BigIntegerField(_("随机种子"))
    runs = models.PositiveIntegerField(_("推演次数"))
    results = models.JSONField(_("结果"))
    author = models.ForeignKey(
        User, verbose_name=_("推演人"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("推演时间"))

    objects = SimulationQuerySet.as_manager()

    class Meta:
        verbose_name = _("活动推演")
        verbose_name_plural = _("活动推演")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(runs__gte=1),
                name="simulation_has_runs",
                violation_error_message=_("至少推演一次。"),
            ),
        ]
        indexes = [models.Index(fields=["campaign", "-created_at"], name="simulation_of_campaign")]

    def __str__(self) -> str:
        return self.name
