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

    At most one row of a phone is live: ``used_at`` is set when it is used, or replaced by a newer one. Five tries
    kill it.
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
            models.UniqueConstraint(
                fields=["phone_hash"], condition=Q(used_at__isnull=True), name="phone_code_newest_only"
            ),
        ]
        indexes = [
            models.Index(fields=["phone_hash", "-sent_at"], name="phone_code_newest"),
            models.Index(fields=["ip_hash", "-sent_at"], name="phone_code_of_address"),
            models.Index(fields=["sent_at"], name="phone_code_oldest"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
