"""A way into chat groups: a robot, a webhook, or a person who copies and pastes."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.channels.drivers.registry import driver_choices
from apps.channels.enums import ChannelState, Platform
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.core.secrets import EncryptedTextField, mask


class ChannelQuerySet(ScopedQuerySet["Channel"]):
    def in_teams(self, user: User) -> "ChannelQuerySet":
        return self.filter(team__in=user.teams.all())


class Channel(TimeStamped):
    """通道. One row per robot: its credential, its pace and its circuit.

    ``secret`` is the robot key, token or webhook URL, as the driver says; ``signing_secret`` is what
    requests are signed with. Both are encrypted at rest and never logged.

    Pace (D5): at most ``rate_limit`` messages in any ``rate_window_seconds``. ``recent_at`` holds the finish
    times of the last ones: a request may start only when the one ``rate_limit`` places before finished more
    than a window ago, so that no 60 s of the platform's own clock can see more. ``circuit_open_until`` is
    the end of a platform's penalty. ``lease_*`` names the worker that works this channel's queue: one at a
    time, so that posts stay in order (D7).
    """

    name = models.CharField(_("通道名称"), max_length=60, unique=True)
    driver = models.CharField(_("发送方式"), max_length=24, choices=driver_choices)
    platform = models.CharField(_("平台"), max_length=12, choices=Platform.choices, default=Platform.WECOM)
    team = models.ForeignKey(Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True)
    owner = models.ForeignKey(
        User,
        verbose_name=_("负责人"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="channels",
    )
    secret = EncryptedTextField(_("机器人密钥"), blank=True)
    signing_secret = EncryptedTextField(_("签名密钥"), blank=True)
    state = models.CharField(
        _("状态"), max_length=10, choices=ChannelState.choices, default=ChannelState.ACTIVE
    )
    state_reason = models.CharField(_("状态说明"), max_length=300, blank=True)
    is_at_least_once = models.BooleanField(
        _("结果未知时自动重发"),
        default=False,
        help_text=_("打开后，结果未知的消息会自动再发一次：群里可能看到两条。默认关闭，由人决定。"),
    )
    rate_limit = models.PositiveSmallIntegerField(_("限速条数"), default=20)
    rate_window_seconds = models.PositiveSmallIntegerField(_("限速窗口（秒）"), default=60)
    recent_at = ArrayField(
        models.DateTimeField(), verbose_name=_("最近发完的时间"), default=list, db_default=[], editable=False
    )
    circuit_open_until = models.DateTimeField(_("熔断至"), null=True, blank=True, editable=False)
    lease_token = models.BigIntegerField(_("租约编号"), default=0, db_default=0, editable=False)
    leased_until = models.DateTimeField(_("租约到期"), null=True, blank=True, editable=False)

    #: Written by workers only: a page that was open for an hour must not put old values back.
    WORKER_FIELDS = frozenset({"recent_at", "circuit_open_until", "lease_token", "leased_until"})

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("通道")
        verbose_name_plural = _("通道")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rate_limit__gte=1, rate_window_seconds__gte=1),
                name="channel_rate_positive",
                violation_error_message=_("限速条数和窗口都至少为 1。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save what people set. The workers' columns are written once, with the row, and then left alone."""
        if self.pk is not None and not self._state.adding and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name not in self.WORKER_FIELDS
            ]
        super().save(*args, **kwargs)

    @property
    def masked_secret(self) -> str:
        """The credential as pages may show it: only its last four characters."""
        return mask(self.secret) if self.secret else ""
