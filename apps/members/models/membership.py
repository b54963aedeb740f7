"""The ledger of membership days."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet
from apps.members.models.member import Member


class MembershipEntryQuerySet(ScopedQuerySet["MembershipEntry"]):
    def in_teams(self, user: User) -> "MembershipEntryQuerySet":
        return self.filter(member__in=Member.objects.visible_to(user))


class MembershipEntry(models.Model):
    """会员天数: so many days more, or fewer, once per ``key``; ``until`` is what it came to."""

    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="membership_entries"
    )
    days = models.IntegerField(_("天数"))
    until = models.DateTimeField(_("有效期至"))
    key = models.CharField(_("去重标识"), max_length=120)
    note = models.CharField(_("备注"), max_length=200, blank=True)
    at = models.DateTimeField(_("时间"), db_default=Now())

    objects = MembershipEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("会员天数流水")
        verbose_name_plural = _("会员天数流水")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="membership_entry_once"),
            models.CheckConstraint(condition=~Q(days=0), name="membership_days_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.days:+d}"
