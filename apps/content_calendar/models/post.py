"""A post and its targets."""

from datetime import UTC, datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.channels.enums import ContentKind
from apps.channels.models import Delivery
from apps.content_calendar.enums import PostState, Selection
from apps.content_calendar.models.material import Material
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.groups.models import Group


class PostQuerySet(ScopedQuerySet["Post"]):
    def in_teams(self, user: User) -> "PostQuerySet":
        return self.filter(Q(team__in=user.teams.all()) | Q(author=user))


class Post(TimeStamped):
    """帖子: what goes out, to whom, when. Its text may hold variables such as ``{{ group.name }}``.

    ``scheduled_at`` is aware UTC. ``group_filter`` is read when ``selection`` is ``filter``: keys ``kind``,
    ``platform``, ``stage``, ``team``, each a list of values; the groups are resolved and frozen when the
    post is scheduled. ``is_group_time`` sends at the same wall-clock time in each group's own zone.
    """

    title = models.CharField(_("标题"), max_length=80, help_text=_("只在日历里显示，不会发到群里。"))
    kind = models.CharField(
        _("内容类型"), max_length=10, choices=ContentKind.choices, default=ContentKind.TEXT
    )
    body = models.TextField(_("正文"), blank=True)
    image = models.ForeignKey(
        Material, verbose_name=_("图片"), on_delete=models.PROTECT, null=True, blank=True
    )
    link_title = models.CharField(_("链接标题"), max_length=60, blank=True)
    link_url = models.URLField(_("链接地址"), max_length=500, blank=True)
    selection = models.CharField(
        _("选群方式"), max_length=8, choices=Selection.choices, default=Selection.GROUPS
    )
    groups = models.ManyToManyField(Group, verbose_name=_("社群"), related_name="+", blank=True)
    group_filter = models.JSONField(_("选群条件"), default=dict, blank=True)
    scheduled_at = models.DateTimeField(_("发布时间"), null=True, blank=True)
    is_group_time = models.BooleanField(_("按各群当地时间"), default=False)
    cutoff_minutes = models.PositiveSmallIntegerField(
        _("最晚迟到（分钟）"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
        help_text=_("超过这个时间还没发出就不再发，记为“已错过”。"),
    )
    state = models.CharField(_("状态"), max_length=10, choices=PostState.choices, default=PostState.DRAFT)
    team = models.ForeignKey(Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True)
    author = models.ForeignKey(User, verbose_name=_("作者"), on_delete=models.PROTECT, related_name="posts")
    submitted_by = models.ForeignKey(
        User,
        verbose_name=_("提交人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    approved_by = models.ForeignKey(
        User,
        verbose_name=_("审批人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    approved_at = models.DateTimeField(_("审批时间"), null=True, blank=True, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("帖子")
        verbose_name_plural = _("帖子")
        ordering = ["-scheduled_at", "-id"]
        permissions = [("approve_post", _("可审批帖子"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "rejected", "cancelled"]) | Q(scheduled_at__isnull=False),
                name="post_time_before_submit",
                violation_error_message=_("提交前请先选好发布时间。"),
            ),
            models.CheckConstraint(
                # Years that Python or a time zone cannot hold would break every page that lists the post.
                condition=Q(scheduled_at__isnull=True)
                | Q(
                    scheduled_at__gte=datetime(1999, 12, 31, tzinfo=UTC),
                    scheduled_at__lt=datetime(2100, 1, 3, tzinfo=UTC),
                ),
                name="post_time_in_this_century",
                violation_error_message=_("年份要在 2000 到 2099 之间。"),
            ),
            models.CheckConstraint(
                condition=Q(cutoff_minutes__gte=1),
                name="post_cutoff_positive",
                violation_error_message=_("最晚迟到至少 1 分钟。"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["scheduled", "finished"])
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="post_scheduled_is_approved",
                violation_error_message=_("排期前要先由另一位同事审批。"),
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (
                    ~Q(approved_by=models.F("author"))
                    & (Q(submitted_by__isnull=True) | ~Q(approved_by=models.F("submitted_by")))
                ),
                name="post_not_approved_by_its_own",
                violation_error_message=_("不能审批自己写的或自己提交的帖子，请让另一位同事审批。"),
            ),
        ]
        indexes = [
            models.Index(fields=["scheduled_at"]),
            models.Index(fields=["team", "scheduled_at"]),
            models.Index(fields=["state", "scheduled_at"]),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The post's page in the admin."""
        return reverse("admin:content_calendar_post_page", args=[self.pk])


class PostTargetQuerySet(ScopedQuerySet["PostTarget"]):
    def in_teams(self, user: User) -> "PostTargetQuerySet":
        return self.filter(group__team__in=user.teams.all())


class PostTarget(models.Model):
    """One group that a post goes to, with its delivery: at most one per (post, group, occurrence, part) (D1).

    ``occurrence`` numbers the repeats of a series and is 1 for a single post, so that moving a post in time,
    or recalling and rescheduling it, can never reach a group twice.
    ``part`` counts the messages that one post needs on a platform (text and image are two calls).
    """

    post = models.ForeignKey(Post, verbose_name=_("帖子"), on_delete=models.CASCADE, related_name="targets")
    group = models.ForeignKey(
        Group, verbose_name=_("社群"), on_delete=models.PROTECT, related_name="post_targets"
    )
    occurrence = models.PositiveIntegerField(_("场次"), default=1, db_default=1)
    part = models.PositiveSmallIntegerField(_("第几条"), default=1)
    delivery = models.OneToOneField(
        Delivery, verbose_name=_("投递"), on_delete=models.PROTECT, related_name="post_target"
    )

    objects = PostTargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("帖子目标")
        verbose_name_plural = _("帖子目标")
        constraints = [
            models.UniqueConstraint(fields=["post", "group", "occurrence", "part"], name="post_target_once")
        ]

    def __str__(self) -> str:
        return f"{self.post} → {self.group}"
