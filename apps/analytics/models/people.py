"""What is kept per member, because it does not add up from days."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.analytics.models.figures import FigureQuerySet


class Stay(models.Model):
    """When a member last joined and last left a group. Present if the join is the later one."""

    pk = models.CompositePrimaryKey("member_id", "group_id")
    member_id = models.BigIntegerField(_("成员编号"))
    group_id = models.BigIntegerField(_("社群编号"))
    team_id = models.BigIntegerField(_("团队编号"))
    joined_at = models.DateTimeField(_("最近入群"), null=True)
    left_at = models.DateTimeField(_("最近退群"), null=True)

    objects = FigureQuerySet["Stay"].as_manager()

    class Meta:
        verbose_name = _("停留")
        verbose_name_plural = _("停留")

    def __str__(self) -> str:
        return f"{self.member_id} {self.group_id}"


class MemberValue(models.Model):
    """What a member bought of a team: R, F and M before they are scored. Money in yuan."""

    pk = models.CompositePrimaryKey("team_id", "member_id")
    team_id = models.BigIntegerField(_("团队编号"))
    member_id = models.BigIntegerField(_("成员编号"))
    first_paid_at = models.DateTimeField(_("首次付款"), null=True)
    last_paid_at = models.DateTimeField(_("最近付款"), null=True)
    orders = models.BigIntegerField(_("订单数"), default=0)
    paid = models.DecimalField(_("付款"), max_digits=18, decimal_places=2, default=0)
    refunded = models.DecimalField(_("退款"), max_digits=18, decimal_places=2, default=0)

    objects = FigureQuerySet["MemberValue"].as_manager()

    class Meta:
        verbose_name = _("成员价值")
        verbose_name_plural = _("成员价值")

    def __str__(self) -> str:
        return f"{self.team_id} {self.member_id}"


class Arrival(models.Model):
    """When a member came to a team (into a group, by registering or as somebody's guest), and when they first brought
    a new member themselves: the pace of referral. Either may be unknown."""

    pk = models.CompositePrimaryKey("team_id", "member_id")
    team_id = models.BigIntegerField(_("团队编号"))
    member_id = models.BigIntegerField(_("成员编号"))
    arrived_at = models.DateTimeField(_("到来"), null=True)
    invited_at = models.DateTimeField(_("首次带来新人"), null=True)

    objects = FigureQuerySet["Arrival"].as_manager()

    class Meta:
        verbose_name = _("到来")
        verbose_name_plural = _("到来")
        indexes = [
            models.Index(
                fields=["invited_at"],
                condition=models.Q(invited_at__isnull=False),
                name="arrival_of_inviters",
            ),
            models.Index(fields=["member_id"], name="arrival_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} {self.member_id}"
