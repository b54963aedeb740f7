"""Rollups: sums, and sets of members as compressed bitmaps.

A set is stored as a serialised ``pyroaring.BitMap`` of member ids, so that the distinct members of any range of days,
any choice of teams and any intersection (a cohort that came back) are exact and cost a few milliseconds. Every row is a
pure function of the event log: :func:`apps.analytics.services.rolling.rebuild` makes the same rows again (A1).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.analytics.enums import Dimension
from apps.core.models import ScopedQuerySet


class FigureQuerySet[M: models.Model](ScopedQuerySet[M]):
    def in_teams(self, user: User) -> "FigureQuerySet[M]":
        return self.filter(team_id__in=user.teams.values("pk"))


class DayFigure(models.Model):
    """What happened on one day of the portal's time zone: one row per team, dimension, key, kind and variant.

    ``dim`` "" is the team's total. ``key`` is the group's, run's … id as text, or the channel's or source's name.
    ``team_id`` 0 stands for facts without a team. ``kind`` is an event kind, or one of ``metrics.facts.DERIVED``.
    ``members`` holds who did it (null for facts without members).
    """

    pk = models.CompositePrimaryKey("dim", "kind", "day", "team_id", "key", "variant")
    day = models.DateField(_("日期"))
    team_id = models.BigIntegerField(_("团队编号"))
    dim = models.CharField(_("维度"), max_length=10, choices=Dimension.choices, blank=True)
    key = models.CharField(_("对象"), max_length=60, blank=True)
    kind = models.CharField(_("种类"), max_length=48)
    variant = models.CharField(_("细分"), max_length=40, blank=True)
    count = models.BigIntegerField(_("次数"))
    value = models.DecimalField(_("数值"), max_digits=18, decimal_places=2)
    members = models.BinaryField(_("成员集合"), null=True)

    objects = FigureQuerySet["DayFigure"].as_manager()

    class Meta:
        verbose_name = _("日汇总")
        verbose_name_plural = _("日汇总")
        # Sums are read from the indexes alone (the primary key includes them too, see migration 0012): a row is a
        # hundred bytes of members around them.
        indexes = [
            models.Index(
                fields=["dim", "key", "kind", "day"],
                include=["team_id", "variant", "count", "value"],
                name="day_figure_of_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.dim}:{self.key} {self.kind}"


class HourFigure(models.Model):
    """The same by the hour, for totals, groups and runs, without members. ``hour`` is its first instant."""

    pk = models.CompositePrimaryKey("dim", "kind", "hour", "team_id", "key", "variant")
    hour = models.DateTimeField(_("小时"))
    team_id = models.BigIntegerField(_("团队编号"))
    dim = models.CharField(_("维度"), max_length=10, choices=Dimension.choices, blank=True)
    key = models.CharField(_("对象"), max_length=60, blank=True)
    kind = models.CharField(_("种类"), max_length=48)
    variant = models.CharField(_("细分"), max_length=40, blank=True)
    count = models.BigIntegerField(_("次数"))
    value = models.DecimalField(_("数值"), max_digits=18, decimal_places=2)

    objects = FigureQuerySet["HourFigure"].as_manager()

    class Meta:
        verbose_name = _("小时汇总")
        verbose_name_plural = _("小时汇总")

    def __str__(self) -> str:
        return f"{self.hour} {self.dim}:{self.key} {self.kind}"


class FirstDay(models.Model):
    """Who did ``kind`` for the first time on ``day``: the cohorts. ``team_id`` -1 is the whole house."""

    pk = models.CompositePrimaryKey("kind", "team_id", "day")
    kind = models.CharField(_("种类"), max_length=48)
    team_id = models.BigIntegerField(_("团队编号"))
    day = models.DateField(_("日期"))
    members = models.BinaryField(_("成员集合"))

    objects = FigureQuerySet["FirstDay"].as_manager()

    class Meta:
        verbose_name = _("首日集合")
        verbose_name_plural = _("首日集合")

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


class MemberSet(models.Model):
    """Who is in some state now. ``name`` "in": in one of the team's groups (dim "") or in the group ``key``;
    "ever:<kind>": whoever did it at any time. ``team_id`` -1 is the whole house."""

    pk = models.CompositePrimaryKey("name", "dim", "key", "team_id")
    name = models.CharField(_("名称"), max_length=60)
    dim = models.CharField(_("维度"), max_length=10, choices=Dimension.choices, blank=True)
    key = models.CharField(_("对象"), max_length=60, blank=True)
    team_id = models.BigIntegerField(_("团队编号"))
    members = models.BinaryField(_("成员集合"))

    objects = FigureQuerySet["MemberSet"].as_manager()

    class Meta:
        verbose_name = _("成员集合")
        verbose_name_plural = _("成员集合")

    def __str__(self) -> str:
        return f"{self.name} {self.dim}:{self.key}"
