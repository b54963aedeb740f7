"""A person whom the operators look after."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Right
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.core.phones import mask_phone
from apps.members.enums import Gender, IdentityKind, Lifecycle
from apps.members.models.search import Doubled
from apps.members.models.tag import MemberTag, Tag, Tier


class MemberQuerySet(ScopedQuerySet["Member"]):
    def in_teams(self, user: User) -> "MemberQuerySet":
        """Members whose own teams meet the user's. ``teams`` is kept by the groups room as people join (S1)."""
        return self.filter(
            models.Exists(MemberTeam.objects.filter(member=models.OuterRef("pk"), team__in=user.teams.all()))
        )


class Member(TimeStamped):
    """成员. ``phone`` is E.164 and unique (M3); it is null for people known only by another identity."""

    phone = models.CharField(  # noqa: DJ001 - unknown is null: "" would not be unique
        _("手机号"), max_length=16, null=True, blank=True
    )
    nickname = models.CharField(_("昵称"), max_length=80, blank=True)
    gender = models.CharField(
        _("性别"), max_length=8, choices=Gender.choices, default=Gender.UNKNOWN, db_default=Gender.UNKNOWN
    )
    born_on = models.DateField(_("生日"), null=True, blank=True)
    city = models.CharField(_("城市"), max_length=40, blank=True)
    source = models.CharField(
        _("来源渠道"), max_length=60, blank=True, help_text=_("扫码或导入那一刻的渠道。")
    )
    tier = models.ForeignKey(
        Tier, verbose_name=_("会员等级"), on_delete=models.PROTECT, null=True, blank=True
    )
    lifecycle = models.CharField(
        _("生命周期"),
        max_length=10,
        choices=Lifecycle.choices,
        default=Lifecycle.PROSPECT,
        db_default=Lifecycle.PROSPECT,
    )
    points_balance = models.IntegerField(
        _("积分"), default=0, db_default=0, editable=False, help_text=_("等于积分流水之和。")
    )
    total_spent = models.DecimalField(_("累计消费"), max_digits=12, decimal_places=2, default=0, db_default=0)
    membership_until = models.DateTimeField(
        _("会员有效期至"), null=True, blank=True, editable=False, help_text=_("等于会员天数流水累计的结果。")
    )
    joined_at = models.DateTimeField(_("入群时间"), null=True, blank=True)
    inviter = models.ForeignKey(
        "self",
        verbose_name=_("邀请人"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="invitees",
    )
    note = models.TextField(_("备注"), blank=True)
    tags = models.ManyToManyField(Tag, through=MemberTag, verbose_name=_("标签"), related_name="members")
    teams = models.ManyToManyField(Team, through="MemberTeam", verbose_name=_("可见团队"), related_name="+")

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("成员")
        verbose_name_plural = _("成员")
        ordering = ["-id"]
        permissions = [
            ("reveal_personal_data", _("可查看成员的完整手机号等个人信息")),
            ("export_personal_data", _("可导出成员的个人信息")),
        ]
        constraints = [
            # Not unique=True on the field: that would add a pattern index that nothing reads.
            models.UniqueConstraint(
                fields=["phone"],
                name="member_phone_once",
                violation_error_message=_("这个手机号已属于另一位成员。"),
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="member_phone_is_e164",
                violation_error_message=_("手机号要写成国际格式，如 +8613800138000。"),
            ),
            models.CheckConstraint(
                condition=Q(points_balance__gte=0),
                name="member_points_not_negative",
                violation_error_message=_("积分不能为负。"),
            ),
            models.CheckConstraint(condition=Q(total_spent__gte=0), name="member_spent_not_negative"),
            models.CheckConstraint(
                condition=Q(inviter__isnull=True) | ~Q(inviter=models.F("id")), name="member_not_own_inviter"
            ),
        ]
        indexes = [
            models.Index(fields=["joined_at"]),
            # With the id, so that a filtered list comes in its order whether the value is rare or common.
            models.Index(fields=["city", "-id"], name="member_city_newest"),
            models.Index(fields=["source", "-id"], name="member_source_newest"),
            # The common stages are found at once by walking the list itself.
            models.Index(
                fields=["lifecycle", "-id"],
                condition=~Q(lifecycle__in=["prospect", "new"]),
                name="member_lifecycle_newest",
            ),
            models.Index(Right("phone", 4), name="member_phone_tail"),
            GinIndex(OpClass(Doubled("nickname"), name="gin_trgm_ops"), name="member_nickname_doubled"),
        ]

    def __str__(self) -> str:
        return self.nickname or self.masked_phone or f"#{self.pk}"

    @property
    def masked_phone(self) -> str:
        """The phone as lists show it: ``138****8000`` (M3)."""
        return mask_phone(self.phone)


class MemberTeamQuerySet(ScopedQuerySet["MemberTeam"]):
    def in_teams(self, user: User) -> "MemberTeamQuerySet":
        return self.filter(team__in=user.teams.all())


class MemberTeam(models.Model):
    """Which teams may see a member (S1): one row per team with a group that the member has been in.

    Besides, the teams of whoever created a member that is in no group: granted rows, which no group takes back.
    Kept here so that the members room need not know groups, and so that scoping a list of a million
    members is one indexed semi-join.
    """

    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="member_teams", db_index=False
    )
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), on_delete=models.CASCADE, related_name="+", db_index=False
    )
    is_granted = models.BooleanField(
        _("由创建者所在团队获得"), default=False, db_default=False, editable=False
    )

    objects = MemberTeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("成员可见团队")
        verbose_name_plural = _("成员可见团队")
        constraints = [models.UniqueConstraint(fields=["member", "team"], name="member_team_once")]
        indexes = [models.Index(fields=["team", "member"])]

    def __str__(self) -> str:
        return f"{self.member_id} {self.team_id}"


class IdentityQuerySet(ScopedQuerySet["Identity"]):
    def in_teams(self, user: User) -> "IdentityQuerySet":
        return self.filter(member__in=Member.objects.visible_to(user))


class Identity(TimeStamped):
    """Another name of a member on a platform; unique per kind."""

    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="identities"
    )
    kind = models.CharField(_("种类"), max_length=20, choices=IdentityKind.choices)
    value = models.CharField(_("账号"), max_length=120)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("平台账号")
        verbose_name_plural = _("平台账号")
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="identity_value_once"),
            models.CheckConstraint(condition=~Q(value=""), name="identity_value_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"
