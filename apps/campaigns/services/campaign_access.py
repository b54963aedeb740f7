"""Who may do what to a campaign (S1), and holding its row while it is done."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.accounts.selectors.teams import assignable_teams
from apps.campaigns.models import Benefit, Campaign
from apps.campaigns.services.runs.access import lock_campaign
from apps.core.errors import NotAllowed, WrongState
from apps.groups.models import Group


def check_may(actor: User, permission: str, campaign: Campaign | None = None) -> None:
    """Raise ``NotAllowed`` unless ``actor`` has ``permission`` and may see ``campaign``."""
    if not actor.is_active or not actor.has_perm(permission):
        raise NotAllowed(_("你没有这个操作的权限。"), hint=_("需要的话，请联系社群架构师开通。"))
    if campaign is not None and not Campaign.objects.visible_to(actor).filter(pk=campaign.pk).exists():
        raise NotAllowed(_("这个活动不在你的团队里。"), hint=_("请联系活动的负责人。"))


def check_team(actor: User, team: Team | None) -> None:
    """Raise ``NotAllowed`` if ``actor`` may not put things into ``team``; no team is for those who see all."""
    if team is not None and not assignable_teams(actor).filter(pk=team.pk).exists():
        raise NotAllowed(_("你不在这个团队里。"), hint=_("请选你自己的团队。"), field="team")
    if team is None and not actor.has_perm("accounts.view_all_teams"):
        raise NotAllowed(_("请选一个团队。"), hint=_("没有团队的活动，你自己也会看不到。"), field="team")


def check_groups(actor: User, groups: Iterable[Group]) -> None:
    """Raise ``NotAllowed`` if one of ``groups`` is out of the actor's sight."""
    wanted = {group.pk for group in groups}
    seen = set(Group.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    if hidden := wanted - seen:
        raise NotAllowed(
            _("有 %(count)s 个社群不在你的团队里，不能选。") % {"count": len(hidden)},
            hint=_("请去掉它们，或请架构师把你加进对应的团队。"),
            field="groups",
        )


def check_benefits(actor: User, benefits: Iterable[Benefit]) -> None:
    """Raise ``NotAllowed`` if one of ``benefits`` belongs to another team."""
    wanted = {benefit.pk for benefit in benefits}
    seen = set(Benefit.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    if wanted - seen:
        raise NotAllowed(
            _("有的礼品属于别的团队。"), hint=_("请换成自己团队的礼品，或新建一份。"), field="benefits"
        )


def held_campaign(campaign: Campaign) -> Campaign:
    """``campaign`` as it is now, its row locked until the transaction ends."""
    locked = lock_campaign(campaign.pk)
    if locked is None:
        raise WrongState(_("这个活动已经被删除。"), hint=_("回到活动列表看看。"))
    return locked
