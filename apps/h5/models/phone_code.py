"""Codes sent to phones."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet


class PhoneCodeQuerySet(ScopedQuerySet["PhoneCode"]):
    def in_teams(self, user: User) -> "PhoneCodeQuerySet":
        return self.none()


class PhoneCode(models.Model):
    """验证码: neither the phone nor the code is kept, only keyed digests of them.

    The newest row of a phone counts. ``tries`` wrong guesses kill it; used once.
    """

    phone_hash = models.CharField(_("手机号摘要"), max_length=64, editable=False)
    code_hash = models.CharField(_("验证码摘要"), max_length=64, editable=False)
    ip_hash = models.CharField(_("来源地址摘要"), max_length=16, blank=True, db_default="")
    tries = models.PositiveSmallIntegerField(_("试错次数"), default=0, db_default=0)
    sent_at = models.DateTimeField(_("发送时间"))
    expires_at = models.DateTimeField(_("失效时间"))
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)

    objects = PhoneCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("验证码")
        verbose_name_plural = _("验证码")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("sent_at")), name="phone_code_ends_later"),
            models.CheckConstraint(condition=Q(tries__lte=5), name="phone_code_five_tries"),
        ]
        indexes = [models.Index(fields=["phone_hash", "-id"], name="phone_code_newest")]

    def __str__(self) -> str:
        return f"#{self.pk}"
