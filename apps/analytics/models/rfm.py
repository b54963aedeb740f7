"""RFM: buyers by how recently, how often and for how much they bought."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.analytics.models.figures import FigureQuerySet

_SCORE = Q(recency__range=(1, 5)) & Q(frequency__range=(1, 5)) & Q(monetary__range=(1, 5))


class RfmCell(models.Model):
    """How many of a team's buyers had these three scores on ``day``. ``team_id`` -1 is the whole house.

    A pure function of the facts up to the moment of scoring (:mod:`apps.analytics.services.scoring`). Scores run from 1
    to 5, 5 being the best. The sums are there for the averages; ``members`` is kept for the latest day only.
    """

    pk = models.CompositePrimaryKey("team_id", "day", "recency", "frequency", "monetary")
    team_id = models.BigIntegerField(_("团队编号"))
    day = models.DateField(_("日期"))
    recency = models.SmallIntegerField(_("最近购买得分"))
    frequency = models.SmallIntegerField(_("购买次数得分"))
    monetary = models.SmallIntegerField(_("消费金额得分"))
    count = models.BigIntegerField(_("人数"))
    orders = models.BigIntegerField(_("订单数"))
    spent = models.DecimalField(_("消费金额"), max_digits=18, decimal_places=2)
    days_since = models.BigIntegerField(_("距上次购买天数之和"))
    members = models.BinaryField(_("成员集合"), null=True)

    objects = FigureQuerySet["RfmCell"].as_manager()

    class Meta:
        verbose_name = _("RFM 格")
        verbose_name_plural = _("RFM 格")
        constraints = [
            models.CheckConstraint(
                condition=_SCORE,
                name="rfm_scores_are_1_to_5",
                violation_error_message=_("得分须在 1 到 5 之间。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.recency}{self.frequency}{self.monetary}"
