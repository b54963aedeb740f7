"""Writing campaigns."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import CampaignState
from apps.campaigns.mechanics.base import Mechanic, Rules
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, CampaignBenefit
from apps.campaigns.risk.policy import clean_risk
from apps.campaigns.selectors.economics import Gift
from apps.campaigns.services.campaign_access import (
    check_benefits,
    check_groups,
    check_may,
    check_team,
    held_campaign,
)
from apps.campaigns.services.gift_bounds import check_quantity
from apps.core.errors import Invalid, WrongState
from apps.groups.models import Group

#: What a person may write; ``mechanic`` is fixed at creation and ``state`` is moved by its own services.
FIELDS = (
    "title",
    "team",
    "owner",
    "headline",
    "intro",
    "product_name",
    "mini_program_path",
    "rules",
    "eligibility",
    "risk",
    "stock",
    "budget",
    "expected_entries",
    "entries_per_member",
    "contributions_per_member",
    "holdout_percent",
    "repeat",
    "timezone",
    "starts_at",
    "repeat_until",
    "at_time",
    "weekdays",
    "month_days",
    "duration_minutes",
    "warn_minutes",
    "drafts_posts",
)


@transaction.atomic
def write_campaign(
    *,
    campaign: Campaign | None,
    values: Mapping[str, Any],
    benefits: Iterable[Gift],
    groups: Iterable[Group],
    actor: User,
    now: datetime,
    seen_at: datetime | None = None,
) -> Campaign:
    """Create a draft (``campaign=None``; then ``values["mechanic"]`` names its mechanic) or change a campaign.

    ``values`` maps names of ``FIELDS``; ``benefits`` and ``groups`` replace those that were there. A launched
    campaign may be changed: runs that have opened keep their own frozen plan, so only later ones follow.
    ``seen_at`` is the ``updated_at`` that the writer's form was made from.

    Raises ``Invalid`` (``field`` is ``rule.<name>`` for a rule, ``risk.<rule>.<threshold>`` for a figure of a risk
    rule, ``benefits`` for a gift), ``NotAllowed`` for what the actor may not see or use (S1), ``WrongState`` for an
    archived campaign or one that changed meanwhile.
    """
    benefits, groups = list(benefits), list(groups)
    is_new = campaign is None
    if campaign is None:
        check_may(actor, "campaigns.add_campaign")
        campaign = Campaign(mechanic=_mechanic(values["mechanic"]).key, owner=actor, team=actor.teams.first())
    else:
        check_may(actor, "campaigns.change_campaign", campaign)
        campaign = held_campaign(campaign)
        _check_may_change(campaign, seen_at)
    mechanic = _mechanic(campaign.mechanic)
    before = _written(campaign)
    _check_scope(campaign, values, benefits, groups, actor)
    for name in FIELDS:
        if name in values:
            setattr(campaign, name, values[name])
    rules = load_rules(mechanic, campaign.rules)
    campaign.rules = rules.dump()
    campaign.risk = clean_risk(campaign.risk)
    _check_gifts(mechanic, rules, benefits)
    _check_zone(campaign.timezone)
    if not mechanic.stock_word:
        campaign.stock = None
    campaign.save()
    campaign.groups.set(groups)
    _put_benefits(campaign, benefits)
    audit(
        actor=actor,
        action="campaign.create" if is_new else "campaign.change",
        target=campaign,
        changed=sorted(name for name, value in _written(campaign).items() if before.get(name) != value),
    )
    return campaign


def load_rules(mechanic: Mechanic[Any], data: Mapping[str, Any]) -> Rules:
    """The mechanic's rules from JSON; raises ``Invalid`` whose ``field`` is ``rule.<name>``."""
    try:
        return mechanic.rules_type.load(data)
    except Invalid as error:
        raise Invalid(error.message, hint=error.hint, field=f"rule.{error.field}") from error


def _mechanic(key: str) -> Mechanic[Any]:
    try:
        return all_mechanics()[key]
    except KeyError as error:
        raise Invalid(_("没有这种玩法。"), hint=_("请从玩法卡片里选。"), field="mechanic") from error


def _check_may_change(campaign: Campaign, seen_at: datetime | None) -> None:
    if campaign.state == CampaignState.ARCHIVED:
        raise WrongState(_("活动已归档，不能再改。"), hint=_("可以复制成一个新活动。"))
    if seen_at is not None and campaign.updated_at != seen_at:
        raise WrongState(
            _("你打开页面之后，别人改过这个活动。"),
            hint=_("你写的内容还在本页：先另存一份，再刷新看看对方改了什么。"),
            code="changed_meanwhile",
        )


def _check_scope(
    campaign: Campaign,
    values: Mapping[str, Any],
    benefits: Sequence[Gift],
    groups: Sequence[Group],
    actor: User,
) -> None:
    """What is added must be in the actor's sight; what a colleague put there may stay."""
    if campaign.pk is None or ("team" in values and values["team"] != campaign.team):
        check_team(actor, values.get("team", campaign.team))
    kept_groups: set[int] = set()
    kept_benefits: set[int] = set()
    if campaign.pk is not None:
        kept_groups = set(campaign.groups.values_list("pk", flat=True))
        kept_benefits = set(campaign.benefits.values_list("benefit_id", flat=True))
    check_groups(actor, [group for group in groups if group.pk not in kept_groups])
    added = [gift.benefit for gift in benefits if gift.benefit.pk not in kept_benefits]
    check_benefits(actor, added)
    if retired := [benefit.name for benefit in added if not benefit.is_active]:
        raise Invalid(
            _("“%(name)s”已经停用。") % {"name": retired[0]}, hint=_("请换一份礼品。"), field="benefits"
        )


def _check_gifts(mechanic: Mechanic[Any], rules: Rules, gifts: Sequence[Gift]) -> None:
    slots = {slot.key for slot in mechanic.slots(rules)}
    seen: set[tuple[str, int]] = set()
    for gift in gifts:
        if gift.slot not in slots:
            raise Invalid(
                _("规则里没有“%(slot)s”这一档了。") % {"slot": gift.slot},
                hint=_("去掉那里的礼品，或把规则改回来。"),
                field="benefits",
            )
        check_quantity(gift.benefit, gift.quantity)
        if (gift.slot, gift.benefit.pk) in seen:
            raise Invalid(
                _("“%(name)s”在同一档里放了两次。") % {"name": gift.benefit.name},
                hint=_("留一行，改数量即可。"),
                field="benefits",
            )
        seen.add((gift.slot, gift.benefit.pk))


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise Invalid(
            _("没有名叫“%(name)s”的时区。") % {"name": name}, hint=_("例如 Asia/Shanghai。"), field="timezone"
        ) from error


def _put_benefits(campaign: Campaign, gifts: Sequence[Gift]) -> None:
    wanted = {(gift.slot, gift.benefit.pk): gift.quantity for gift in gifts}
    for row in campaign.benefits.all():
        quantity = wanted.pop((row.slot, row.benefit_id), None)
        if quantity is None:
            row.delete()
        elif quantity != row.quantity:
            row.quantity = quantity
            row.save(update_fields=["quantity"])
    CampaignBenefit.objects.bulk_create(
        CampaignBenefit(campaign=campaign, slot=slot, benefit_id=benefit_id, quantity=quantity)
        for (slot, benefit_id), quantity in wanted.items()
    )


def _written(campaign: Campaign) -> dict[str, Any]:
    """For the audit: names of what changed, never what people wrote."""
    return {name: getattr(campaign, name) for name in FIELDS}
