"""A chat group with its positioning card."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.channels.enums import Platform
from apps.channels.models import Channel
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.groups.enums import Admission, GroupKind, GroupStage, Lifetime


class GroupQuerySet(ScopedQuerySet["Group"]):
    def in_teams(self, user: User) -> "GroupQuerySet":
        return self.filter(team__in=user.teams.all())

    def open(self) -> "GroupQuerySet":
        """Groups that posts may go to."""
        return self.exclude(stage=GroupStage.CLOSED)


class Group(TimeStamped):
    """社群. The positioning card 定位 answers seven questions before the first member joins (PLAYBOOK §1)."""

    name = models.CharField(_("群名称"), max_length=80, unique=True)
    kind = models.CharField(_("类型"), max_length=12, choices=GroupKind.choices)
    platform = models.CharField(_("平台"), max_length=12, choices=Platform.choices, default=Platform.WECOM)
    stage = models.CharField(
        _("阶段"), max_length=12, choices=GroupStage.choices, default=GroupStage.RECRUITING
    )
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True, related_name="groups"
    )
    owner = models.ForeignKey(
        User,
        verbose_name=_("运营负责人"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_groups",
    )
    model = models.ForeignKey(
        "self",
        verbose_name=_("样板群"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="copies",
        help_text=_("照着哪个群复制的：分析里会拿头 30 天和它比。"),
    )
    leader_name = models.CharField(
        _("群主"), max_length=60, blank=True, help_text=_("群里显示的群主或领袖。")
    )
    capacity = models.PositiveIntegerField(
        _("容量"),
        default=200,
        validators=[MinValueValidator(1)],
        help_text=_("企业微信建群 500 人，微信建群 200 人。"),
    )
    member_count = models.PositiveIntegerField(_("在群人数"), default=0, db_default=0, editable=False)
    channel = models.ForeignKey(
        Channel,
        verbose_name=_("发送通道"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="groups",
    )
    channel_address = models.CharField(
        _("群内地址"),
        max_length=120,
        blank=True,
        help_text=_("一个机器人服务多个群时用，例如 Telegram 的 chat_id。"),
    )
    timezone = models.CharField(_("时区"), max_length=40, default="Asia/Shanghai")

    goal = models.CharField(
        _("目标"), max_length=200, blank=True, help_text=_("一个核心目标，可附阶段目标。")
    )
    lifetime = models.CharField(_("周期"), max_length=8, choices=Lifetime.choices, default=Lifetime.LONG)
    starts_on = models.DateField(_("开始日期"), null=True, blank=True)
    ends_on = models.DateField(
        _("结束日期"), null=True, blank=True, help_text=_("怎样收场也是设计的一部分。")
    )
    audience = models.CharField(
        _("人群画像"),
        max_length=300,
        blank=True,
        help_text=_("年龄、性别、职业、城市、收入、兴趣；他们在哪里聚集。"),
    )
    content_plan = models.CharField(
        _("内容"), max_length=300, blank=True, help_text=_("形式、调性、计划，只讲一个主题。")
    )
    service_plan = models.CharField(_("服务"), max_length=300, blank=True)
    monetisation = models.CharField(
        _("变现"), max_length=300, blank=True, help_text=_("产品、内容还是服务。")
    )
    positioning = models.CharField(_("一句话定位"), max_length=200, blank=True)
    admission = models.CharField(
        _("入群方式"), max_length=10, choices=Admission.choices, default=Admission.FREE
    )
    rules = models.TextField(_("群规"), blank=True)

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("社群")
        verbose_name_plural = _("社群")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__gte=1),
                name="group_capacity_positive",
                violation_error_message=_("容量至少为 1。"),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="group_ends_after_start",
                violation_error_message=_("结束日期不能早于开始日期。"),
            ),
            models.CheckConstraint(
                condition=Q(model__isnull=True) | ~Q(model=F("id")),
                name="group_not_its_own_model",
                violation_error_message=_("一个群不能以自己为样板。"),
            ),
        ]
        indexes = [models.Index(fields=["team", "kind"])]

    def __str__(self) -> str:
        return self.name
