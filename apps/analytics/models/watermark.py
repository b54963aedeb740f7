"""How far the rollups have read."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet


class WatermarkQuerySet(ScopedQuerySet["Watermark"]):
    def in_teams(self, user: User) -> "WatermarkQuerySet":
        return self


class Watermark(models.Model):
    """One row. Facts written by transactions before ``txid`` are counted, and all with an id up to ``floor_id``.

    Days before ``kept_from`` can no longer be derived from facts: a rebuild leaves them as they are.
    ``floor_id`` is set when the database has moved to another cluster (``cluster`` differs), whose transactions are
    numbered anew. ``rolled_at`` is when the last tick ended: the pages say 数据截至. Hours are kept from the day
    ``hours_from`` on, days for ever.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    txid = models.BigIntegerField(_("已读到的事务"), default=0)
    floor_id = models.BigIntegerField(_("已读到的编号"), default=0)
    cluster = models.BigIntegerField(_("数据库实例"), default=0)
    rolled_at = models.DateTimeField(_("汇总时间"), null=True)
    hours_from = models.DateField(_("小时汇总起于"), null=True)
    timezone = models.CharField(_("时区"), max_length=40, blank=True)
    kept_from = models.DateField(_("事件保留自"), null=True)

    objects = WatermarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("汇总进度")
        verbose_name_plural = _("汇总进度")
        permissions = [("view_dashboard", _("看分析页面"))]
        constraints = [models.CheckConstraint(condition=Q(id=1), name="watermark_is_one_row")]

    def __str__(self) -> str:
        return str(self.txid)
