"""Referral trees, laid out so that a page reads a few rows of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.analytics.models.figures import FigureQuerySet


class Branch(models.Model):
    """One member of a referral tree with everything below: who brought whom (``inviter_id``), as one team sees it.

    ``team_id`` -1 is the whole house; a team's trees hold its own members only, so that its figures say nothing about
    other teams (``is_cut``: the inviter is another team's). Made anew from members and facts by
    :func:`apps.analytics.services.growing.grow`. ``size`` counts everybody below, ``effective`` those of them who have
    not left all their groups, ``height`` the generations below. The last four columns are the suspicious shapes by
    their size, 0 for none: a star's idle friends, the most friends within ten minutes, the length of a chain of one
    device, the members of a circle.
    """

    pk = models.CompositePrimaryKey("team_id", "member_id")
    team_id = models.BigIntegerField(_("团队编号"))
    member_id = models.BigIntegerField(_("成员编号"))
    inviter_id = models.BigIntegerField(_("邀请人编号"), null=True)
    root_id = models.BigIntegerField(_("树根编号"))
    is_cut = models.BooleanField(_("由其他团队的成员邀请"), default=False)
    has_left = models.BooleanField(_("已退群"), default=False)
    depth = models.IntegerField(_("第几代"))
    height = models.IntegerField(_("往下几代"))
    children = models.IntegerField(_("直接邀请"))
    effective_children = models.IntegerField(_("有效的直接邀请"))
    size = models.IntegerField(_("带来的人"))
    effective = models.IntegerField(_("有效的人"))
    star = models.IntegerField(_("不活动的朋友"), default=0)
    burst = models.IntegerField(_("十分钟内"), default=0)
    device_chain = models.IntegerField(_("同一设备"), default=0)
    circle = models.IntegerField(_("成环"), default=0)

    objects = FigureQuerySet["Branch"].as_manager()

    class Meta:
        verbose_name = _("裂变")
        verbose_name_plural = _("裂变")
        indexes = [
            models.Index(
                fields=["team_id", "-size", "member_id"],
                condition=Q(inviter_id__isnull=True),
                name="branch_trees",
            ),
            models.Index(fields=["team_id", "root_id", "depth"], name="branch_of_tree"),
            models.Index(fields=["team_id", "inviter_id", "-size", "member_id"], name="branch_children"),
            models.Index(
                fields=["team_id", "-effective_children", "member_id"],
                condition=Q(children__gte=1),
                name="branch_spreaders",
            ),
            models.Index(
                fields=["team_id", "-size"],
                condition=Q(star__gt=0) | Q(burst__gt=0) | Q(device_chain__gt=0) | Q(circle__gt=0),
                name="branch_odd",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} {self.member_id}"
