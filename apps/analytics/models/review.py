"""复盘: what came out of it, why, and what we do next."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.analytics.enums import ReviewKind, ReviewState
from apps.analytics.models.subject import About, AboutQuerySet, one_subject
from apps.core.models import ScopedQuerySet, TimeStamped


class Review(About, TimeStamped):
    """About a campaign, a run, a group, or a month of a team (no team: the house).

    ``figures`` and ``diagnosis`` are frozen as of ``figured_at`` (shapes: ``services.reviews.freezing``), so that a
    review reads the same next year. ``sections`` holds the text by section. ``revision`` grows with every save: who
    saves over an older one is told, and loses nothing.
    """

    kind = models.CharField(_("复盘什么"), max_length=10, choices=ReviewKind.choices)
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"))
    figures = models.JSONField(_("数据"), default=dict, blank=True, editable=False)
    diagnosis = models.JSONField(_("诊断"), default=dict, blank=True, editable=False)
    figured_at = models.DateTimeField(_("数据时间"), null=True, blank=True, editable=False)
    sections = models.JSONField(_("正文"), default=dict, blank=True)
    revision = models.PositiveIntegerField(_("修订号"), default=1, editable=False)
    state = models.CharField(
        _("状态"), max_length=10, choices=ReviewState.choices, default=ReviewState.DRAFT, editable=False
    )
    author = models.ForeignKey(
        User, verbose_name=_("作者"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)

    objects = AboutQuerySet["Review"].as_manager()

    class Meta:
        verbose_name = _("复盘")
        verbose_name_plural = _("复盘")
        ordering = ["-ends_on", "-id"]
        constraints = [
            one_subject("review_one_subject"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="review_ends_after_it_starts",
                violation_error_message=_("结束日期不能早于开始日期。"),
            ),
            models.CheckConstraint(
                condition=Q(kind="campaign", campaign__isnull=False)
                | Q(kind="run", run__isnull=False)
                | Q(kind="group", group__isnull=False)
                | Q(kind="month", campaign__isnull=True, run__isnull=True, group__isnull=True),
                name="review_kind_has_its_subject",
                violation_error_message=_("先选要复盘的对象。"),
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="review_published_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["kind", "starts_on", "ends_on", "team", "group", "campaign", "run"],
                name="review_once",
                nulls_distinct=False,
                violation_error_message=_("这个对象这段时间已经有复盘了。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_label} {self.starts_on}–{self.ends_on}"

    def get_absolute_url(self) -> str:
        """The review's page."""
        return f"{reverse('admin:analytics_review')}?review={self.pk}"


class ReviewVersionQuerySet(ScopedQuerySet["ReviewVersion"]):
    def in_teams(self, user: User) -> "ReviewVersionQuerySet":
        return self.filter(review__in=Review.objects.visible_to(user))


class ReviewVersion(models.Model):
    """A review as it was published; never changed."""

    review = models.ForeignKey(
        Review, verbose_name=_("复盘"), on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField(_("版本"))
    figures = models.JSONField(_("数据"), default=dict)
    diagnosis = models.JSONField(_("诊断"), default=dict)
    sections = models.JSONField(_("正文"), default=dict)
    figured_at = models.DateTimeField(_("数据时间"), null=True)
    published_by = models.ForeignKey(
        User, verbose_name=_("发布人"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    published_at = models.DateTimeField(_("发布时间"))

    objects = ReviewVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("复盘版本")
        verbose_name_plural = _("复盘版本")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["review", "number"], name="review_version_once")]

    def __str__(self) -> str:
        return f"{self.review_id} v{self.number}"


class ReviewActionQuerySet(ScopedQuerySet["ReviewAction"]):
    def in_teams(self, user: User) -> "ReviewActionQuerySet":
        return self.filter(Q(review__in=Review.objects.visible_to(user)) | Q(owner=user))


class ReviewAction(models.Model):
    """下一步: who does what until when. It stands on the calendar on its day until it is done."""

    review = models.ForeignKey(
        Review, verbose_name=_("复盘"), on_delete=models.CASCADE, related_name="actions"
    )
    text = models.CharField(_("做什么"), max_length=200)
    owner = models.ForeignKey(
        User, verbose_name=_("负责人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField(_("截止日期"), null=True, blank=True)
    origin = models.CharField(_("来自诊断"), max_length=40, blank=True, editable=False)
    created_at = models.DateTimeField(_("创建时间"), db_default=Now(), editable=False)
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True, editable=False)
    done_by = models.ForeignKey(
        User,
        verbose_name=_("完成人"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    objects = ReviewActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("复盘行动")
        verbose_name_plural = _("复盘行动")
        ordering = [F("due_on").asc(nulls_last=True), "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="review_action_has_words"),
        ]
        indexes = [models.Index(fields=["due_on"], name="review_action_due")]

    def __str__(self) -> str:
        return self.text
