"""Proof that a request comes from a member."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet
from apps.members.models.member import Member


class MemberSessionQuerySet(ScopedQuerySet["MemberSession"]):
    def in_teams(self, user: User) -> "MemberSessionQuerySet":
        return self.filter(member__in=Member.objects.visible_to(user))


class MemberSession(models.Model):
    """登录令牌 of a member. The token itself is shown once and never stored: ``token_hash`` is its SHA-256.

    ``ip_hash`` and ``device_hash`` are salted digests of where it was opened, never addresses.
    """

    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="sessions", db_index=False
    )
    token_hash = models.CharField(_("令牌摘要"), max_length=64, editable=False)
    label = models.CharField(_("来源"), max_length=60, blank=True)
    opened_by = models.ForeignKey(
        User,
        verbose_name=_("生成人"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("员工代为生成的体验令牌才有。"),
    )
    created_at = models.DateTimeField(_("创建时间"), db_default=Now())
    expires_at = models.DateTimeField(_("失效时间"))
    revoked_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    last_seen_at = models.DateTimeField(
        _("最近使用"), null=True, blank=True, help_text=_("约每小时更新一次。")
    )
    ip_hash = models.CharField(_("来源地址摘要"), max_length=16, blank=True, db_default="")
    device_hash = models.CharField(_("设备摘要"), max_length=16, blank=True, db_default="")

    objects = MemberSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("登录令牌")
        verbose_name_plural = _("登录令牌")
        ordering = ["-id"]
        permissions = [("open_session", _("可为成员生成和撤销体验令牌（留痕）"))]
        constraints = [
            models.UniqueConstraint(
                fields=["token_hash"],
                name="member_session_token_once",
                violation_error_message=_("令牌重复，请重新生成。"),
            ),
            models.CheckConstraint(
                condition=Q(token_hash__regex=r"^[0-9a-f]{64}$"),  # noqa: S106 - a pattern
                name="member_session_keeps_a_digest",
                violation_error_message=_("令牌只能存摘要。"),
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="member_session_ends_after_it_begins",
                violation_error_message=_("失效时间要晚于创建时间。"),
            ),
        ]
        indexes = [models.Index(fields=["member", "-id"], name="member_session_newest")]

    def __str__(self) -> str:
        return self.label or f"#{self.pk}"
