"""The append-only fact log, in monthly partitions."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.core.models import ScopedQuerySet
from apps.events.enums import EventKind


class EventQuerySet(ScopedQuerySet["Event"]):
    def in_teams(self, user: User) -> "EventQuerySet":
        return self.filter(team__in=user.teams.all())


class Event(models.Model):
    """One fact. Rows are inserted, never changed; every figure on a dashboard derives from them (A1).

    This room lies below the nouns, so members and groups are plain ids. PostgreSQL's primary key is
    (id, occurred_at) because the table is partitioned by month; ``id`` alone is unique by its sequence.
    ``key`` makes ingestion idempotent within its ``occurred_at``.
    """

    id = models.BigAutoField(primary_key=True)
    occurred_at = models.DateTimeField(_("发生时间"))
    recorded_at = models.DateTimeField(_("记录时间"), db_default=Now())
    kind = models.CharField(_("种类"), max_length=48, choices=EventKind.choices)
    key = models.CharField(_("去重标识"), max_length=120)
    team = models.ForeignKey(
        Team,
        verbose_name=_("团队"),
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    actor = models.ForeignKey(
        User,
        verbose_name=_("员工"),
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    group_id = models.BigIntegerField(_("社群编号"), null=True)
    member_id = models.BigIntegerField(_("成员编号"), null=True)
    subject = models.CharField(_("对象"), max_length=80, blank=True)
    value = models.DecimalField(_("数值"), max_digits=14, decimal_places=2, null=True)
    data = models.JSONField(_("明细"), default=dict, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("事件")
        verbose_name_plural = _("事件")
        ordering = ["-occurred_at", "-id"]
        indexes = [
            models.Index(fields=["kind", "occurred_at"]),
            models.Index(fields=["group_id", "occurred_at"]),
            models.Index(fields=["member_id", "occurred_at"]),
        ]
        constraints = [models.UniqueConstraint(fields=["key", "occurred_at"], name="event_key_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
