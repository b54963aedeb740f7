"""Four eyes: one person asks, another decides."""

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import ApprovalState
from apps.accounts.models.user import Team, User
from apps.core.models import ScopedQuerySet


class ApprovalQuerySet(ScopedQuerySet["Approval"]):
    def in_teams(self, user: User) -> "ApprovalQuerySet":
        return self.filter(Q(team__in=user.teams.all()) | Q(requested_by=user))

    def pending(self) -> "ApprovalQuerySet":
        return self.filter(state=ApprovalState.PENDING)


class Approval(models.Model):
    """A request that something (a post, later a campaign) may go ahead.

    ``fingerprint`` is a digest of what was submitted: a change after submission makes the approval void.
    """

    subject_type = models.ForeignKey(ContentType, verbose_name=_("事项种类"), on_delete=models.CASCADE)
    subject_id = models.BigIntegerField(_("事项编号"))
    subject = GenericForeignKey("subject_type", "subject_id")
    team = models.ForeignKey(Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True)
    title = models.CharField(_("事项"), max_length=200)
    fingerprint = models.CharField(_("内容指纹"), max_length=64)
    state = models.CharField(
        _("状态"), max_length=12, choices=ApprovalState.choices, default=ApprovalState.PENDING
    )
    requested_by = models.ForeignKey(
        User, verbose_name=_("提交人"), on_delete=models.PROTECT, related_name="approvals_requested"
    )
    requested_at = models.DateTimeField(_("提交时间"), db_default=Now())
    decided_by = models.ForeignKey(
        User,
        verbose_name=_("审批人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="approvals_decided",
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    comment = models.CharField(_("审批意见"), max_length=500, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("审批")
        verbose_name_plural = _("审批")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"],
                condition=Q(state=ApprovalState.PENDING),
                name="approval_one_pending_per_subject",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=F("requested_by"))
                | Q(state="withdrawn"),
                name="approval_not_by_requester",
                violation_error_message=_("不能审批自己提交的内容，请让另一位同事审批。"),
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="pending") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="approval_decided_iff_not_pending",
            ),
        ]

    def __str__(self) -> str:
        return self.title
