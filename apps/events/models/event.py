"""The append-only fact log, in monthly partitions."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.core.models import ScopedQuerySet
from apps.events.enums import EventKind


class CurrentTransaction(models.Func):
    """The number of the transaction that writes the row, as a bigint that never wraps."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()
    allowed_default = True


class EventQuerySet(ScopedQuerySet["Event"]):
    def in_teams(self, user: User) -> "EventQuerySet":
        return self.filter(team__in=user.teams.all())


class Event(models.Model):
    """One fact. Rows are inserted, never changed; every figure on a dashboard derives from them (A1).

    This room lies below the nouns, so members and groups are plain ids. PostgreSQL's primary key is
    (id, occurred_at) because the table is partitioned by month; ``id`` alone is unique by its sequence.
    ``key`` makes ingestion idempotent within its ``occurred_at``.

    ``tier_id`` and ``source`` are the member's at the moment of writing: a trigger of the members room fills them in
    (``source`` stays null without a member). ``txid`` tells rollups which facts are new: numbers of rows are given
    out before their transactions commit, so that a lower ``id`` may appear after a higher one was counted.
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
    tier_id = models.BigIntegerField(_("当时的等级"), null=True)
    source = models.CharField(_("当时的来源渠道"), max_length=60, null=True)  # noqa: DJ001 - null: not stamped
    txid = models.BigIntegerField(_("事务编号"), db_default=CurrentTransaction(), editable=False)

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
