"""The audit trail."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.user import User
from apps.core.models import ScopedQuerySet


class AuditEntryQuerySet(ScopedQuerySet["AuditEntry"]):
    def in_teams(self, user: User) -> "AuditEntryQuerySet":
        return self.filter(actor=user)


class AuditEntry(models.Model):
    """Who did what to which thing, and why. Written in the transaction of the act; never changed.

    ``action`` is a dotted verb (``delivery.mark_sent``); ``target`` is ``app.model:pk``. No personal data
    in ``detail``.
    """

    at = models.DateTimeField(_("时间"), db_default=Now(), editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("操作人"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    action = models.CharField(_("动作"), max_length=64)
    target = models.CharField(_("对象"), max_length=120, blank=True)
    target_label = models.CharField(_("对象名称"), max_length=200, blank=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    detail = models.JSONField(_("明细"), default=dict, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("审计记录")
        verbose_name_plural = _("审计记录")
        ordering = ["-id"]
        indexes = [models.Index(fields=["target", "-id"]), models.Index(fields=["actor", "-id"])]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
