"""落地页: what a campaign shows to strangers, in versions."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.enums import LandingState, Theme, Variant
from apps.campaigns.models.campaign import Campaign
from apps.core.models import ScopedQuerySet, TimeStamped


class LandingVersionQuerySet(ScopedQuerySet["LandingVersion"]):
    def in_teams(self, user: User) -> "LandingVersionQuerySet":
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


class LandingVersion(TimeStamped):
    """落地页版本: a campaign's page as it was, is or will be; at most one draft, one scheduled and one live for each variant.

    ``blocks`` is a list of ``{"id": "8 hex", "kind": …, "section": "top|middle|bottom", "data": {…}}`` in the
    order of the page; the block kinds (``apps/campaigns/blocks``) say what data holds and clean it. What has been
    live is never changed: editing it makes a draft with the next number. ``share`` of visitors see variant B when
    a live B stands beside a live A.
    """

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("活动"),
        on_delete=models.CASCADE,
        related_name="landing_versions",
        db_index=False,
    )
    number = models.PositiveIntegerField(_("版本号"))
    variant = models.CharField(_("方案"), max_length=1, choices=Variant.choices, default=Variant.A)
    state = models.CharField(
        _("状态"), max_length=10, choices=LandingState.choices, default=LandingState.DRAFT, editable=False
    )
    title = models.CharField(_("版本备注"), max_length=60, blank=True, help_text=_("只给同事看。"))
    blocks = models.JSONField(_("内容"), default=list, blank=True)
    theme = models.CharField(_("配色"), max_length=12, choices=Theme.choices, default=Theme.RED)
    share = models.PositiveSmallIntegerField(
        _("B 方案流量（%）"), default=50, help_text=_("多少访客看到 B 方案。")
    )
    publish_at = models.DateTimeField(_("定时发布"), null=True, blank=True)
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(_("下线时间"), null=True, blank=True, editable=False)
    edited_by = models.ForeignKey(
        User, verbose_name=_("编辑人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = LandingVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("落地页版本")
        verbose_name_plural = _("落地页版本")
        ordering = ["-id"]
        permissions = [("publish_landing", _("可发布和下线落地页"))]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "number"],
                name="landing_number_once",
                violation_error_message=_("这个版本号已经有了，刷新后再试。"),
            ),
            models.UniqueConstraint(
                fields=["campaign", "variant", "state"],
                condition=Q(state__in=["draft", "scheduled", "live"]),
                name="landing_one_of_each",
                violation_error_message=_("同一方案同时只有一个草稿、一个待发布、一个线上版本。"),
            ),
            models.CheckConstraint(
                condition=Q(share__gte=1, share__lte=99),
                name="landing_share_of_visitors",
                violation_error_message=_("B 方案的流量要在 1 到 99 之间。"),
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(publish_at__isnull=False),
                name="landing_scheduled_has_time",
                violation_error_message=_("定时发布要填时间。"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["live", "retired"]) | Q(published_at__isnull=False),
                name="landing_live_was_published",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(retired_at__gte=F("published_at")),
                name="landing_retired_after_live",
            ),
        ]
        indexes = [models.Index(fields=["publish_at"], condition=Q(state="scheduled"), name="landing_due")]

    def __str__(self) -> str:
        return f"{self.campaign} {self.variant}{self.number}"


class LandingPictureQuerySet(ScopedQuerySet["LandingPicture"]):
    def in_teams(self, user: User) -> "LandingPictureQuerySet":
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


class LandingPicture(models.Model):
    """落地页图片: drawn anew on upload (S3), kept in the widths that phones ask for.

    ``sizes``: ``[{"width": 360, "height": 240, "name": "landing/…webp"}, …]``, smallest first; blocks refer to it
    by ``token``.
    """

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("活动"), on_delete=models.CASCADE, related_name="landing_pictures"
    )
    token = models.CharField(_("编号"), max_length=32, editable=False)
    name = models.CharField(_("文件名"), max_length=120, blank=True)
    sizes = models.JSONField(_("尺寸"), default=list)
    width = models.PositiveIntegerField(_("宽"))
    height = models.PositiveIntegerField(_("高"))
    uploaded_by = models.ForeignKey(
        User, verbose_name=_("上传人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("创建时间"), db_default=Now())

    objects = LandingPictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("落地页图片")
        verbose_name_plural = _("落地页图片")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["token"], name="landing_picture_token_once"),
            models.CheckConstraint(condition=Q(width__gte=1, height__gte=1), name="landing_picture_has_size"),
        ]

    def __str__(self) -> str:
        return self.name or self.token
