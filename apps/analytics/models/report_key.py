"""Keys with which machines read figures."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.core.models import ScopedQuerySet


class ReportKeyQuerySet(ScopedQuerySet["ReportKey"]):
    def in_teams(self, user: User) -> "ReportKeyQuerySet":
        return self.filter(team__in=user.teams.all())


class ReportKey(models.Model):
    """取数密钥: shown once; ``key_hash`` is the secret's SHA-256, ``name_in_key`` the part that finds this row.

    Reads the figures of its team; without a team those of the whole house (only for who sees all teams).
    """

    name = models.CharField(_("名称"), max_length=60, help_text=_("谁用它，例如 总部数据平台。"))
    team = models.ForeignKey(
        Team,
        verbose_name=_("团队"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("只能读这个团队的指标；留空则是全部团队。"),
    )
    name_in_key = models.CharField(_("密钥前缀"), max_length=12, editable=False)
    key_hash = models.CharField(_("密钥摘要"), max_length=64, editable=False)
    created_by = models.ForeignKey(
        User, verbose_name=_("创建人"), on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("创建时间"), db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(
        _("最近使用"), null=True, editable=False, help_text=_("约每分钟更新一次。")
    )
    revoked_at = models.DateTimeField(_("停用时间"), null=True, editable=False)

    objects = ReportKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("取数密钥")
        verbose_name_plural = _("取数密钥")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_in_key"],
                name="report_key_once",
                violation_error_message=_("密钥重复，请重试。"),
            ),
            models.CheckConstraint(
                condition=Q(key_hash__regex=r"^[0-9a-f]{64}$"),
                name="report_key_keeps_a_digest",
                violation_error_message=_("密钥只能存摘要。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
