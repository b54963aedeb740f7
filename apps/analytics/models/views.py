"""Pages that somebody keeps, for themselves, for the team, or for people without an account."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.core.models import ScopedQuerySet


class SavedViewQuerySet(ScopedQuerySet["SavedView"]):
    #: Nobody needs another's bookmarks, not even who sees all teams.
    view_all_permission = "analytics.view_all_savedviews"

    def in_teams(self, user: User) -> "SavedViewQuerySet":
        return self.filter(Q(owner=user) | Q(team__in=user.teams.all()))


class SavedView(models.Model):
    """保存的视图: a page with its choices under a name. With ``team`` all of that team see it.

    It holds an address and no figures: who opens it sees what they may see.
    """

    name = models.CharField(_("名称"), max_length=60)
    page = models.CharField(_("页面"), max_length=40)
    query = models.CharField(_("筛选"), max_length=1000, blank=True)
    owner = models.ForeignKey(
        User, verbose_name=_("保存人"), on_delete=models.CASCADE, related_name="saved_views"
    )
    team = models.ForeignKey(
        Team, verbose_name=_("团队可见"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("保存时间"), db_default=Now(), editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("保存的视图")
        verbose_name_plural = _("保存的视图")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"],
                name="savedview_name_once",
                violation_error_message=_("这个页面已经有同名的视图，换一个名称。"),
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="savedview_has_name",
                violation_error_message=_("给视图起一个名称。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SharedViewQuerySet(ScopedQuerySet["SharedView"]):
    def in_teams(self, user: User) -> "SharedViewQuerySet":
        return self.filter(sharer=user)


class SharedView(models.Model):
    """分享链接: a page for people without an account, until ``expires_at`` or until it is taken back.

    Only the hash of the address's secret is kept. ``team_ids`` is the sharer's scope on that day (null: the whole
    house); the sharer's rights are looked at again at every view.
    """

    token_hash = models.CharField(_("链接摘要"), max_length=64, unique=True, editable=False)
    page = models.CharField(_("页面"), max_length=40)
    query = models.CharField(_("筛选"), max_length=1000, blank=True)
    team_ids = ArrayField(models.BigIntegerField(), verbose_name=_("团队范围"), null=True, blank=True)
    sharer = models.ForeignKey(
        User, verbose_name=_("分享人"), on_delete=models.CASCADE, related_name="shared_views"
    )
    created_at = models.DateTimeField(_("分享时间"), editable=False)
    expires_at = models.DateTimeField(_("到期时间"))
    revoked_at = models.DateTimeField(_("收回时间"), null=True, blank=True)
    views = models.PositiveIntegerField(_("打开次数"), default=0)
    viewed_at = models.DateTimeField(_("最近打开"), null=True, blank=True)

    objects = SharedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("分享链接")
        verbose_name_plural = _("分享链接")
        permissions = [("share_dashboard", _("把分析页面分享给没有账号的人"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="sharedview_expires_later",
                violation_error_message=_("到期时间要晚于现在。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.page} · {self.expires_at:%Y-%m-%d}"
