"""Who looked before anybody knew who it was, and what became of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.models import Run, ShareLink
from apps.core.models import ScopedQuerySet
from apps.h5.enums import ConversionKind
from apps.members.models import Member


class VisitorQuerySet(ScopedQuerySet["Visitor"]):
    def in_teams(self, user: User) -> "VisitorQuerySet":
        return self.filter(member__in=Member.objects.visible_to(user))


class Visitor(models.Model):
    """访客: one browser. ``token_hash`` is the SHA-256 of its cookie; ``member`` is set when it logs in.

    ``device_hash`` is the salted digest that the risk rules compare.
    """

    token_hash = models.CharField(_("标识摘要"), max_length=64, editable=False)
    member = models.ForeignKey(
        Member,
        verbose_name=_("成员"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="visitors",
    )
    device_hash = models.CharField(_("设备摘要"), max_length=16, blank=True, db_default="")
    first_seen_at = models.DateTimeField(_("首次访问"))

    objects = VisitorQuerySet.as_manager()

    class Meta:
        verbose_name = _("访客")
        verbose_name_plural = _("访客")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["token_hash"], name="visitor_token_once")]

    def __str__(self) -> str:
        return f"#{self.pk}"


class TouchQuerySet(ScopedQuerySet["Touch"]):
    def in_teams(self, user: User) -> "TouchQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))


class Touch(models.Model):
    """触点: a visitor came to a run, by a link or without one. First and last touch are read from these rows.

    ``inviter``, ``group``, ``post_id`` and ``channel`` are the link's at that time; ``utm`` what the address said
    (five known keys, 60 characters each), ``referrer`` the host only. ``variant`` is what was shown.
    """

    visitor = models.ForeignKey(
        Visitor, verbose_name=_("访客"), on_delete=models.CASCADE, related_name="touches", db_index=False
    )
    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.CASCADE, related_name="touches", db_index=False
    )
    link = models.ForeignKey(
        ShareLink,
        verbose_name=_("短链"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="touches",
    )
    inviter = models.ForeignKey(
        Member, verbose_name=_("邀请人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    group_id = models.BigIntegerField(_("社群编号"), null=True, blank=True)
    post_id = models.BigIntegerField(_("帖子编号"), null=True, blank=True)
    channel = models.CharField(_("渠道"), max_length=40, blank=True)
    utm = models.JSONField(_("UTM 参数"), default=dict, blank=True)
    referrer = models.CharField(_("来源网站"), max_length=80, blank=True)
    version_id = models.BigIntegerField(_("落地页版本"), null=True, blank=True)
    variant = models.CharField(_("方案"), max_length=1, blank=True)
    at = models.DateTimeField(_("时间"))

    objects = TouchQuerySet.as_manager()

    class Meta:
        verbose_name = _("触点")
        verbose_name_plural = _("触点")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["visitor", "run", "at"], name="touch_of_visitor"),
            models.Index(fields=["run", "at"], name="touch_of_run"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class ConversionQuerySet(ScopedQuerySet["Conversion"]):
    def in_teams(self, user: User) -> "ConversionQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))


class Conversion(models.Model):
    """转化: what a visit led to, with its first and its last touch in the run. Once per thing.

    ``ref`` is the entry's or contribution's id, the member's for a log-in.
    """

    kind = models.CharField(_("种类"), max_length=8, choices=ConversionKind.choices)
    ref = models.BigIntegerField(_("对象编号"))
    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.CASCADE, related_name="conversions", db_index=False
    )
    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="conversions"
    )
    is_new_member = models.BooleanField(_("新成员"), default=False, db_default=False)
    first_touch = models.ForeignKey(
        Touch, verbose_name=_("首次触点"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    last_touch = models.ForeignKey(
        Touch, verbose_name=_("末次触点"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(_("时间"))

    objects = ConversionQuerySet.as_manager()

    class Meta:
        verbose_name = _("转化")
        verbose_name_plural = _("转化")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "ref"], name="conversion_once"),
            models.CheckConstraint(condition=Q(ref__gte=1), name="conversion_of_something"),
        ]
        indexes = [models.Index(fields=["run", "kind", "at"], name="conversion_of_run")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.ref}"
