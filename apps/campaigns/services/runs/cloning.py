"""A new draft from a campaign that went well."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.selectors.teams import assignable_teams
from apps.accounts.services.audit import audit
from apps.campaigns.enums import CampaignState
from apps.campaigns.models import Benefit, Campaign, CampaignBenefit
from apps.campaigns.services.runs.access import check_may
from apps.groups.models import Group

#: A clone starts anew in these.
_OWN = frozenset(
    {"id", "title", "state", "team", "owner", "starts_at", "plans_from", "created_at", "updated_at"}
)


@transaction.atomic
def clone_campaign(*, campaign: Campaign, actor: User, now: datetime, title: str = "") -> Campaign:
    """A draft of ``actor`` with the same rules, rhythm, caps, benefits and groups, without a start and without runs.

    Benefits and groups that the actor may not see are left out (S1); the team stays if the actor may use it.
    """
    check_may(actor, campaign, "campaigns.view_campaign")
    check_may(actor, campaign, "campaigns.add_campaign")
    names = [field.name for field in Campaign._meta.concrete_fields if field.name not in _OWN]
    suffix = _("（副本）")
    teams = assignable_teams(actor)
    clone = Campaign.objects.create(
        **{name: getattr(campaign, name) for name in names},
        title=title.strip()[:60] or campaign.title[: 60 - len(suffix)] + suffix,
        state=CampaignState.DRAFT,
        owner=actor,
        team=teams.filter(pk=campaign.team_id or 0).first() or actor.teams.first(),
    )
    clone.groups.set(campaign.groups.all() & Group.objects.visible_to(actor))
    seen = Benefit.objects.visible_to(actor)
    CampaignBenefit.objects.bulk_create(
        CampaignBenefit(campaign=clone, slot=use.slot, benefit_id=use.benefit_id, quantity=use.quantity)
        for use in campaign.benefits.filter(benefit__in=seen).order_by("id")
    )
    audit(actor=actor, action="campaign.clone", target=clone, source=campaign.pk)
    return clone
