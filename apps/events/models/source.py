"""Who may bring facts from outside, and which of theirs are known."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.core.models import ScopedQuerySet


class EventSourceQuerySet(ScopedQuerySet["EventSource"]):
    def in_teams(self, user: User) -> "EventSourceQuerySet":
        return self.filter(team__in=user.teams.all())


class EventSource(models.Model):
    """事件来源: another system with an API key. The key is shown once: ``key_hash`` is its SHA-256, ``name_in_key``
    the part of it that finds this row.

    Its facts are its team's; without a team they may be of any group and member (only for who sees all teams).
    ``per_minute`` limits its batches.
    """

    name = models.CharField(_("名称"), max_length=60, help_text=_("哪个系统，例如 小程序商城。"))
    team = models.ForeignKey(
        Team,
        verbose_name=_("团队"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("只收这个团队的群和成员的事件；留空则不限团队。"),
    )
    kinds = ArrayField(models.CharField(max_length=48), verbose_name=_("可写的事件"))
    name_in_key = models.CharField(_("密钥前缀"), max_length=12, editable=False)
    key_hash = models.CharField(_("密钥摘要"), max_length=64, editable=False)
    per_minute = models.PositiveIntegerField(
        _("每分钟批数"), default=120, db_default=120, help_text=_("一批最多 5000 个事件。")
    )
    created_by = models.ForeignKey(
        User, verbose_name=_("创建人"), on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("创建时间"), db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(
        _("最近使用"), null=True, editable=False, help_text=_("约每分钟更新一次。")
    )
    revoked_at = models.DateTimeField(_("停用时间"), null=True, editable=False)

    objects = EventSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("事件来源")
        verbose_name_plural = _("事件来源")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_in_key"],
                name="event_source_key_once",
                violation_error_message=_("密钥重复，请重试。"),
            ),
            models.CheckConstraint(
                condition=Q(key_hash__regex=r"^[0-9a-f]{64}$"),
                name="event_source_keeps_a_digest",
                violation_error_message=_("密钥只能存摘要。"),
            ),
            models.CheckConstraint(
                condition=Q(per_minute__gte=1),
                name="event_source_may_send",
                violation_error_message=_("每分钟至少一批。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SourceKeyQuerySet(ScopedQuerySet["SourceKey"]):
    def in_teams(self, user: User) -> "SourceKeyQuerySet":
        return self.filter(source_id__in=EventSource.objects.in_teams(user).values("pk"))


class SourceKey(models.Model):
    """A key that a source has used: the same key again is the same fact, whatever its time says then.

    The log itself is unique by key and time only, since its partitions are made by time. ``digest`` is the key's MD5:
    a source can only ever mislead itself. Rows go with the months of their facts. ``source_id`` 0: files.
    """

    pk = models.CompositePrimaryKey("source_id", "digest")
    source_id = models.BigIntegerField(_("来源编号"))
    digest = models.UUIDField(_("去重摘要"))
    occurred_at = models.DateTimeField(_("发生时间"))

    objects = SourceKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("已收到的标识")
        verbose_name_plural = _("已收到的标识")
        indexes = [BrinIndex(fields=["occurred_at"], name="source_key_by_time")]

    def __str__(self) -> str:
        return str(self.digest)
