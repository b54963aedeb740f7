"""Campaigns, runs and members for tests: plain rows, no services, so that a test says what it needs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from apps.campaigns.enums import BenefitKind, CampaignState, CouponKind, RunState
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Benefit, Campaign, Run, RunStock
from apps.members.models import Member

_numbers = count(1)


def make_member(name: str = "", **fields: Any) -> Member:
    """A member known to us from now on (new to a run that is open already)."""
    number = next(_numbers)
    phone = f"+86139{number:08d}"
    return Member.objects.create(nickname=name or f"成员{number}", phone=phone, **fields)


def make_members(quantity: int) -> list[Member]:
    numbers = [next(_numbers) for _ in range(quantity)]
    return Member.objects.bulk_create(
        [Member(nickname=f"成员{number}", phone=f"+86139{number:08d}") for number in numbers]
    )


def make_benefit(kind: BenefitKind = BenefitKind.POINTS, **fields: Any) -> Benefit:
    """A benefit of ``kind`` that costs 1 yuan and is worth 2, unless said otherwise."""
    defaults: dict[str, Any] = {
        "name": f"礼品{next(_numbers)}",
        "cost": Decimal("1.00"),
        "face_value": Decimal("2.00"),
    }
    if kind in (BenefitKind.POINTS, BenefitKind.MEMBERSHIP):
        defaults["amount"] = 10
    if kind == BenefitKind.COUPON:
        defaults |= {
            "coupon_kind": CouponKind.FIXED,
            "coupon_value": Decimal("5.00"),
            "coupon_valid_days": 7,
        }
    return Benefit.objects.create(kind=kind, **(defaults | fields))


def make_run(
    mechanic: str,
    rules: Mapping[str, Any] | None = None,
    *,
    slots: Mapping[str, Benefit | list[Benefit]] | None = None,
    stock: int | None = None,
    budget: Decimal | None = None,
    state: RunState = RunState.OPEN,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    campaign: Campaign | None = None,
    **plan: Any,
) -> Run:
    """An open run of a new campaign, from an hour ago to a week ahead, with its frozen plan."""
    opens_at = opens_at or timezone.now() - timedelta(hours=1)
    closes_at = closes_at or opens_at + timedelta(days=7)
    loaded = get_mechanic(mechanic).rules_type.load(dict(rules or {}))
    if campaign is None:
        campaign = Campaign.objects.create(
            title=f"活动{next(_numbers)}",
            mechanic=mechanic,
            state=CampaignState.LAUNCHED,
            rules=loaded.dump(),
        )
    run = Run.objects.create(
        campaign=campaign,
        number=campaign.runs.count() + 1,
        period=f"test-{next(_numbers)}",
        mechanic=mechanic,
        state=state,
        opens_at=opens_at,
        closes_at=closes_at,
        opened_at=opens_at,
        plan={
            "rules": loaded.dump(),
            "slots": {slot: [_item(one) for one in _listed(given)] for slot, given in (slots or {}).items()},
            "entries_per_member": 0,
            "contributions_per_member": 0,
            "title": campaign.title,
            "product_name": "测试商品",
            **plan,
        },
    )
    RunStock.objects.create(run=run, stock=stock, budget=budget)
    return run


def _listed(given: Benefit | list[Benefit]) -> list[Benefit]:
    return given if isinstance(given, list) else [given]


def _item(benefit: Benefit) -> dict[str, Any]:
    return {
        "benefit": benefit.pk,
        "quantity": 1,
        "kind": benefit.kind,
        "name": benefit.name,
        "cost": str(benefit.cost),
        "face_value": str(benefit.face_value),
    }
