"""Messages to staff: what went wrong, what waits."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models.user import User
from apps.core.models import ScopedQuerySet


class NoticeQuerySet(ScopedQuerySet["Notice"]):
    view_all_permission = "accounts.view_all_notices"

    def in_teams(self, user: User) -> "NoticeQuerySet":
        return self.filter(user=user)


class Notice(models.Model):
    """A sentence for one user with a link to where it can be mended. ``key`` makes it once per user."""

    user = models.ForeignKey(User, verbose_name=_("收件人"), on_delete=models.CASCADE, related_name="notices")
    key = models.CharField(_("去重标识"), max_length=120)
    level = models.CharField(_("级别"), max_length=8, choices=NoticeLevel.choices, default=NoticeLevel.INFO)
    text = models.CharField(_("内容"), max_length=300)
    url = models.CharField(_("链接"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("时间"), db_default=Now())
    read_at = models.DateTimeField(_("已读时间"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("通知")
        verbose_name_plural = _("通知")
        ordering = ["-id"]
        permissions = [("view_all_notices", _("可查看所有人的通知"))]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once_per_user")]

    def __str__(self) -> str:
        return self.text
