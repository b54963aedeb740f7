"""The posts that were drafted for a campaign's run."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.models import Run
from apps.content_calendar.enums import RunPostKind
from apps.content_calendar.models.post import Post
from apps.core.models import ScopedQuerySet, TimeStamped


class RunPostQuerySet(ScopedQuerySet["RunPost"]):
    def in_teams(self, user: User) -> "RunPostQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))


class RunPost(TimeStamped):
    """活动帖子: at most one per run and kind, even when its post was deleted: what a person threw away does not
    come back. ``planned_for`` is the time that the run asked for; a post that a person moved keeps theirs."""

    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.CASCADE, related_name="posts", db_index=False
    )
    kind = models.CharField(_("种类"), max_length=10, choices=RunPostKind.choices)
    post = models.OneToOneField(
        Post,
        verbose_name=_("帖子"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="run_post",
    )
    planned_for = models.DateTimeField(_("计划时间"))

    objects = RunPostQuerySet.as_manager()

    class Meta:
        verbose_name = _("活动帖子")
        verbose_name_plural = _("活动帖子")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind"],
                name="run_post_once",
                violation_error_message=_("这一期的这种帖子已经起草过了。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.get_kind_display()}"
