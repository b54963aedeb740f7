"""The outbox."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.channels.enums import AttemptOutcome, ContentKind, DeliveryState
from apps.channels.models.channel import Channel
from apps.core.models import ScopedQuerySet, TimeStamped


class DeliveryQuerySet(ScopedQuerySet["Delivery"]):
    def in_teams(self, user: User) -> "DeliveryQuerySet":
        return self.filter(team__in=user.teams.all())


class Delivery(TimeStamped):
    """投递: one message that must reach one group through one channel, once (D1–D9).

    ``key`` is unique: whoever makes the delivery derives it from what it is for
    (``post:<post>:<group>:<occurrence>:<part>``). ``content`` is the rendered snapshot, in the neutral form
    that ``drivers.base.Content`` reads. ``due_at`` is the promised time, ``available_at`` the earliest next
    try (later than ``due_at`` after a retry), ``cutoff_at`` the moment from which it is too late (D6).
    ``sequence`` orders messages with the same ``due_at`` on one channel.
    ``lease_token`` fences: a result is written only by the holder of the token that claimed it (D7).
    """

    key = models.CharField(_("去重标识"), max_length=160)
    # Every change of state writes all full indexes, so there are three: id, key and due time.
    channel = models.ForeignKey(
        Channel, verbose_name=_("通道"), on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True, db_index=False
    )
    recipient = models.CharField(_("社群"), max_length=120)
    address = models.CharField(_("群内地址"), max_length=120, blank=True)
    subject = models.CharField(_("事项"), max_length=120, blank=True)
    source_url = models.CharField(_("来源链接"), max_length=200, blank=True)
    kind = models.CharField(_("内容类型"), max_length=10, choices=ContentKind.choices)
    content = models.JSONField(_("内容快照"))
    due_at = models.DateTimeField(_("应发时间"))
    available_at = models.DateTimeField(_("最早可发时间"))
    cutoff_at = models.DateTimeField(_("截止时间"))
    sequence = models.BigIntegerField(_("顺序号"), default=0, db_default=0)
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=DeliveryState.choices,
        default=DeliveryState.PENDING,
        db_default=DeliveryState.PENDING,
    )
    reason_code = models.CharField(_("原因代码"), max_length=40, blank=True, default="", db_default="")
    reason = models.CharField(_("原因"), max_length=300, blank=True, default="", db_default="")
    attempt_count = models.PositiveSmallIntegerField(_("尝试次数"), default=0, db_default=0)
    lease_token = models.BigIntegerField(_("租约编号"), default=0, db_default=0)
    leased_until = models.DateTimeField(_("租约到期"), null=True, blank=True)
    sent_at = models.DateTimeField(_("送达时间"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("投递")
        verbose_name_plural = _("投递")
        ordering = ["-due_at", "-id"]
        permissions = [("operate_delivery", _("可处理投递（标记已发、重发、取消）"))]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="delivery_key_once"),
            models.CheckConstraint(condition=Q(cutoff_at__gt=F("due_at")), name="delivery_cutoff_after_due"),
            models.CheckConstraint(
                condition=(Q(state="sent") & Q(sent_at__isnull=False))
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="delivery_sent_iff_sent_at",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=["claimed", "sending"]) & Q(leased_until__isnull=False))
                | (~Q(state__in=["claimed", "sending"]) & Q(leased_until__isnull=True)),
                name="delivery_leased_iff_in_hand",
            ),
        ]
        indexes = [
            # The scan: per channel, what may be tried now, in order. Partial: history costs nothing (D7).
            models.Index(
                fields=["channel", "due_at", "sequence", "id"],
                condition=Q(state="pending"),
                name="delivery_pending_by_channel",
            ),
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="delivery_pending_due"),
            models.Index(
                fields=["leased_until"], condition=Q(state__in=["claimed", "sending"]), name="delivery_leases"
            ),
            models.Index(
                fields=["state", "due_at"],
                condition=Q(state__in=["unknown", "awaiting_person", "failed", "missed", "held"]),
                name="delivery_attention",
            ),
            models.Index(fields=["-due_at", "-id"], name="delivery_newest"),
            models.Index(fields=["sent_at"], condition=Q(state="sent"), name="delivery_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.recipient}"


class AttemptQuerySet(ScopedQuerySet["Attempt"]):
    def in_teams(self, user: User) -> "AttemptQuerySet":
        return self.filter(delivery__team__in=user.teams.all())


class Attempt(models.Model):
    """One request, committed before its first byte leaves (D2). Ends with an outcome, or stays ``started``."""

    delivery = models.ForeignKey(
        Delivery, verbose_name=_("投递"), on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    number = models.PositiveSmallIntegerField(_("第几次"))
    lease_token = models.BigIntegerField(_("租约编号"))
    started_at = models.DateTimeField(_("发出时间"), db_default=Now())
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    outcome = models.CharField(
        _("结果"),
        max_length=12,
        choices=AttemptOutcome.choices,
        default=AttemptOutcome.STARTED,
        db_default=AttemptOutcome.STARTED,
    )
    status = models.PositiveSmallIntegerField(_("HTTP 状态"), null=True, blank=True)
    code = models.CharField(_("平台代码"), max_length=40, blank=True, default="", db_default="")
    detail = models.CharField(_("说明"), max_length=300, blank=True, default="", db_default="")

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("发送尝试")
        verbose_name_plural = _("发送尝试")
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")]

    def __str__(self) -> str:
        return f"#{self.number}"
