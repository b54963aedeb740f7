"""Links that know who shared them and where."""

import secrets
import string

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.campaigns.models.entry import Entry
from apps.campaigns.models.run import Run
from apps.core.models import ScopedQuerySet
from apps.groups.models import Group
from apps.members.models import Member

_LETTERS = string.ascii_letters + string.digits


def new_link_code() -> str:
    """Ten letters and digits, 59 random bits: short in a chat, and nobody guesses another's.

    Nothing else: chats leave a ``-`` at the end out of the link, and Markdown makes emphasis of a ``_``.
    """
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


class ShareLinkQuerySet(ScopedQuerySet["ShareLink"]):
    def in_teams(self, user: User) -> "ShareLinkQuerySet":
        return self.filter(Q(team__in=user.teams.all()) | Q(run__in=Run.objects.visible_to(user)))


class ShareLink(models.Model):
    """短链: leads to a run or one of its entries, and says who brought the visitor (S2).

    The row is written by us, so its code is the proof: inviter, channel, group and post come from here and never
    from the address or a body. ``post_id`` is a post of the content calendar, which is a higher room. One row per
    ``key`` (who shares what where), so that the same person's link stays the same.
    """

    code = models.CharField(_("短码"), max_length=16, default=new_link_code, editable=False)
    key = models.CharField(_("去重标识"), max_length=120)
    run = models.ForeignKey(Run, verbose_name=_("活动期"), on_delete=models.CASCADE, related_name="links")
    entry = models.ForeignKey(
        Entry, verbose_name=_("参与单"), on_delete=models.CASCADE, null=True, blank=True, related_name="links"
    )
    inviter = models.ForeignKey(
        Member,
        verbose_name=_("邀请人"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="share_links",
    )
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    group = models.ForeignKey(
        Group, verbose_name=_("社群"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    post_id = models.BigIntegerField(_("帖子编号"), null=True, blank=True)
    channel = models.CharField(
        _("渠道"), max_length=40, blank=True, help_text=_("如 wecom_group、poster、sms。")
    )
    utm = models.JSONField(_("UTM 参数"), default=dict, blank=True)
    clicks = models.PositiveIntegerField(_("点击"), default=0, db_default=0, editable=False)
    created_by = models.ForeignKey(
        User, verbose_name=_("创建人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("创建时间"), db_default=Now())

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("短链")
        verbose_name_plural = _("短链")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="share_link_code_once"),
            models.UniqueConstraint(
                fields=["key"],
                name="share_link_key_once",
                violation_error_message=_("这条短链已经有了。"),
            ),
        ]
        indexes = [
            models.Index(fields=["run", "inviter"]),
            models.Index(fields=["post_id"], condition=Q(post_id__isnull=False), name="share_link_of_post"),
        ]

    def __str__(self) -> str:
        return self.code
