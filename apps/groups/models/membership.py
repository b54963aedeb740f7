"""Who is in which group."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.groups.enums import MembershipRole, MembershipSource
from apps.groups.models.group import Group
from apps.members.models import Member


class MembershipQuerySet(ScopedQuerySet["Membership"]):
    def in_teams(self, user: User) -> "MembershipQuerySet":
        return self.filter(group__team__in=user.teams.all())

    def current(self) -> "MembershipQuerySet":
        return self.filter(left_at__isnull=True)


class Membership(TimeStamped):
    """One stay of one member in one group; leaving closes it, coming back opens another."""

    group = models.ForeignKey(
        Group, verbose_name=_("社群"), on_delete=models.CASCADE, related_name="memberships"
    )
    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(
        _("身份"),
        max_length=8,
        choices=MembershipRole.choices,
        default=MembershipRole.MEMBER,
        db_default=MembershipRole.MEMBER,
    )
    source = models.CharField(
        _("来源"),
        max_length=8,
        choices=MembershipSource.choices,
        default=MembershipSource.MANUAL,
        db_default=MembershipSource.MANUAL,
    )
    joined_at = models.DateTimeField(_("入群时间"))
    left_at = models.DateTimeField(_("退群时间"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("群成员")
        verbose_name_plural = _("群成员")
        ordering = ["-joined_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "member"],
                condition=Q(left_at__isnull=True),
                name="membership_one_current",
                violation_error_message=_("这位成员已经在群里了。"),
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("joined_at")),
                name="membership_left_after_joined",
                violation_error_message=_("退群时间不能早于入群时间。"),
            ),
        ]
        indexes = [models.Index(fields=["group", "left_at"]), models.Index(fields=["member"])]

    def __str__(self) -> str:
        return f"{self.group} / {self.member}"
