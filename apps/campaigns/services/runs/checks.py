"""What is wrong with a campaign, said before it goes live."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from apps.campaigns.enums import BenefitKind, Repeat
from apps.campaigns.mechanics.base import Mechanic, Rules
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Benefit, Campaign, CampaignBenefit
from apps.campaigns.services.gift_bounds import check_quantity
from apps.campaigns.services.recurrence import Recurrence, next_start, overlaps, window_end
from apps.campaigns.services.runs.freezing import recurrence_of
from apps.core.errors import DomainError, Invalid
from apps.core.sentences import listed

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Check:
    """``level``: an ``error`` stops the launch, a ``warning`` is said. ``code`` is stable; ``field`` names the
    campaign's field or, as ``rules.size``, one of its rules, or, as ``slot.stage_3``, one of its slots."""

    level: str
    code: str
    text: str
    hint: str = ""
    field: str = ""
    is_about_time: bool = False

    @property
    def is_error(self) -> bool:
        return self.level == ERROR


class NotReady(DomainError):
    """The launch is refused; ``checks`` has everything that was found, warnings too."""

    code = "not_ready"

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = list(checks)
        first = next(check for check in checks if check.is_error)
        super().__init__(first.text, hint=first.hint, field=first.field)


def check_campaign(campaign: Campaign, *, now: datetime) -> list[Check]:
    """Everything that stops a launch (errors) or that the operator should know (warnings), errors first."""
    found = [*_about_time(campaign, now=now), *_about_people(campaign)]
    mechanic = all_mechanics().get(campaign.mechanic)
    if mechanic is None:
        found.append(Check(ERROR, "mechanic", _("没有这种玩法。"), _("请重新选一种玩法。"), "mechanic"))
    else:
        try:
            rules = mechanic.rules_type.load(campaign.rules)
        except Invalid as refusal:
            found.append(
                Check(ERROR, "rules", str(refusal.message), str(refusal.hint), f"rules.{refusal.field}")
            )
        else:
            uses = _uses(campaign)
            found += _about_slots(mechanic, rules, uses)
            found += _about_benefits(uses, now=now)
            found += _about_money(campaign, mechanic, rules, uses)
            found += _about_rules(campaign, mechanic, rules)
    return sorted(found, key=lambda check: check.level)  # "error" sorts before "warning"


def takes_payment(mechanic: Mechanic[Rules]) -> bool:
    """Does the mechanic make orders? Whoever does says what a payment brings about."""
    return type(mechanic).on_paid is not Mechanic.on_paid


def _uses(campaign: Campaign) -> list[CampaignBenefit]:
    return list(
        campaign.benefits.select_related("benefit").annotate(
            free_codes=Count("benefit__codes", filter=Q(benefit__codes__taken_at__isnull=True))
        )
    )


def _about_time(campaign: Campaign, *, now: datetime) -> Iterator[Check]:
    try:
        plan = recurrence_of(campaign)
    except Invalid as refusal:
        yield Check(ERROR, "rhythm", str(refusal.message), str(refusal.hint), refusal.field or "repeat", True)
        return
    if plan.repeat == Repeat.ON_DEMAND:
        return
    if plan.repeat == Repeat.ONCE:
        yield from _about_the_only_start(plan, now=now)
        return
    if next_start(plan, now) is None:
        yield Check(
            ERROR,
            "no_period",
            _("按现在的重复规则，不会再有下一期。"),
            _("把“重复到”改晚一些。"),
            "repeat_until",
            True,
        )
    if overlaps(plan, now):
        yield Check(
            WARNING,
            "overlap",
            _("每期时长比间隔还长：前一期没结束，下一期就开始了。"),
            _("缩短每期时长，或减少次数。"),
            "duration_minutes",
            True,
        )


def _about_the_only_start(plan: Recurrence, *, now: datetime) -> Iterator[Check]:
    if plan.starts_at is None:
        yield Check(WARNING, "starts_now", _("没有填开始时间：上线后马上开始。"), "", "starts_at", True)
    elif window_end(plan, plan.starts_at) <= now:
        yield Check(
            ERROR,
            "window_over",
            _("这一期的时间已经过去了。"),
            _("改一个将来的开始时间。"),
            "starts_at",
            True,
        )
    elif plan.starts_at <= now:
        yield Check(
            WARNING, "starts_now", _("开始时间已过：上线后马上开始，结束时间不变。"), "", "starts_at", True
        )


def _about_people(campaign: Campaign) -> Iterator[Check]:
    if campaign.owner is None or not campaign.owner.is_active:
        yield Check(
            WARNING,
            "no_owner",
            _("没有负责人：提醒会发给团队里能上线活动的人，帖子不会自动起草。"),
            _("选一位负责人。"),
            "owner",
        )
    if campaign.drafts_posts and not campaign.groups.exists():
        yield Check(
            WARNING,
            "no_groups",
            _("没有选活动社群，帖子不会自动起草。"),
            _("选上要发帖的群，或关掉自动起草。"),
            "groups",
        )


def _about_slots(mechanic: Mechanic[Rules], rules: Rules, uses: list[CampaignBenefit]) -> Iterator[Check]:
    slots = {slot.key: slot for slot in mechanic.slots(rules)}
    filled = {use.slot for use in uses}
    for slot in slots.values():
        if slot.is_required and slot.key not in filled:
            yield Check(
                ERROR,
                "slot_empty",
                _("“%(slot)s”还没有配礼品。") % {"slot": slot.label},
                _("选一份礼品放进去。"),
                f"slot.{slot.key}",
            )
    if lost := sorted(filled - set(slots)):
        names = listed(use.benefit.name for use in uses if use.slot in lost)
        yield Check(
            WARNING,
            "slot_gone",
            _("按现在的规则，这些礼品发不出去：%(names)s。") % {"names": names},
            _("它们原来的档位已经没有了，请换一档或删掉。"),
            f"slot.{lost[0]}",
        )


def _about_benefits(uses: list[CampaignBenefit], *, now: datetime) -> Iterator[Check]:
    for use in uses:
        benefit, field = use.benefit, f"slot.{use.slot}"
        if not benefit.is_active:
            yield Check(
                ERROR,
                "benefit_off",
                _("礼品“%(name)s”已停用。") % {"name": benefit.name},
                _("启用它，或换一份。"),
                field,
            )
        if benefit.coupon_valid_until is not None and benefit.coupon_valid_until <= now:
            yield Check(
                ERROR,
                "coupon_over",
                _("优惠券“%(name)s”已过失效时间。") % {"name": benefit.name},
                _("改失效时间，或换一张券。"),
                field,
            )
        try:
            check_quantity(benefit, use.quantity)
        except Invalid as refusal:
            yield Check(ERROR, "benefit_too_much", str(refusal.message), str(refusal.hint), field)
        left = _left(benefit, free_codes=use.free_codes)  # type: ignore[attr-defined]
        if left is None:
            continue
        if left < use.quantity:
            yield Check(
                ERROR,
                "benefit_out",
                _("礼品“%(name)s”没有库存了。") % {"name": benefit.name},
                _("加库存或导入兑换码，再上线。"),
                field,
            )
        elif left <= benefit.low_stock:
            yield Check(
                WARNING,
                "benefit_low",
                _("礼品“%(name)s”只剩 %(left)d 份。") % {"name": benefit.name, "left": left},
                _("不够时会停发，或等补了库存再补发。"),
                field,
            )


def _left(benefit: Benefit, *, free_codes: int) -> int | None:
    """How many can still be given; ``None`` if nothing bounds them. Codes are bounded by their pool."""
    bounds = [] if benefit.stock is None else [benefit.stock - benefit.issued]
    if benefit.kind == BenefitKind.CODE:
        bounds.append(free_codes)
    return min(bounds, default=None)


def _about_money(
    campaign: Campaign, mechanic: Mechanic[Rules], rules: Rules, uses: list[CampaignBenefit]
) -> Iterator[Check]:
    prices: dict[str, Decimal] = {}
    for use in uses:
        prices[use.slot] = prices.get(use.slot, Decimal(0)) + use.benefit.cost * use.quantity
    costs = mechanic.costs(rules, prices)
    if not costs.worst:
        return
    worst = f"{costs.worst:.2f}"
    if campaign.budget is None:
        yield Check(
            WARNING,
            "no_budget",
            _("没有设预算：最坏要 %(worst)s 元，参与的人越多花得越多。") % {"worst": worst}
            if not costs.per_run
            else _("没有设预算：最坏要 %(worst)s 元。") % {"worst": worst},
            _("填上每期预算，到了上限就不再发。"),
            "budget",
        )
    elif costs.worst > campaign.budget:
        yield Check(
            WARNING,
            "over_budget",
            _("最坏要 %(worst)s 元，超过了预算 %(budget)s 元。")
            % {"worst": worst, "budget": f"{campaign.budget:.2f}"},
            _("加预算，或换便宜些的礼品；超出预算的礼品不会发出。"),
            "budget",
        )
    elif not costs.per_run and costs.expected > 0:
        covered = int(campaign.budget / costs.expected)
        if covered < 10:
            yield Check(
                WARNING,
                "budget_thin",
                _("按预期成本，预算只够 %(count)d 单左右。") % {"count": covered},
                _("每单约 %(cost)s 元。") % {"cost": f"{costs.expected:.2f}"},
                "budget",
            )


def _about_rules(campaign: Campaign, mechanic: Mechanic[Rules], rules: Rules) -> Iterator[Check]:
    if takes_payment(mechanic) and not campaign.product_name.strip():
        yield Check(
            ERROR,
            "no_product",
            _("还没有填商品名称。"),
            _("“%(mechanic)s”要付款，商品名称会写进订单。") % {"mechanic": mechanic.label},
            "product_name",
        )
    if mechanic.voids_leavers(rules) and not campaign.groups.exists():
        yield Check(
            WARNING,
            "leavers_without_groups",
            _("开了“退群作废”，但没有选活动社群：没有人会被算作退群。"),
            _("选上活动社群，或关掉这条规则。"),
            "groups",
        )
