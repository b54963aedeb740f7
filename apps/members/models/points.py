"""The points ledger."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet
from apps.members.enums import PointsReason
from apps.members.models.member import Member


class PointsEntryQuerySet(ScopedQuerySet["PointsEntry"]):
    def in_teams(self, user: User) -> "PointsEntryQuerySet":
        return self.filter(member__in=Member.objects.visible_to(user))


class PointsEntry(models.Model):
    """One change of a balance. Balance = sum of the ledger, never below zero (M4). ``key`` makes it once."""

    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="points_entries"
    )
    delta = models.IntegerField(_("变动"))
    reason = models.CharField(_("原因"), max_length=16, choices=PointsReason.choices)
    key = models.CharField(_("去重标识"), max_length=120)
    note = models.CharField(_("备注"), max_length=200, blank=True)
    at = models.DateTimeField(_("时间"), db_default=Now())

    objects = PointsEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("积分流水")
        verbose_name_plural = _("积分流水")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="points_entry_once"),
            models.CheckConstraint(condition=~Q(delta=0), name="points_delta_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d}"
