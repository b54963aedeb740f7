"""A run's frozen plan, read once per process and revision."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from apps.campaigns.mechanics.base import Mechanic, Rules
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Run


@dataclass(frozen=True)
class SlotBenefit:
    """``quantity`` of a benefit in a slot; ``cost`` and ``face_value`` of one, in yuan, as they were at the start."""

    benefit_id: int
    quantity: int
    kind: str
    name: str
    cost: Decimal
    face_value: Decimal


@dataclass(frozen=True)
class Eligibility:
    """Who may act. Empty lists mean everybody; of several conditions all must hold."""

    tags: tuple[int, ...] = ()
    tiers: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    lifecycles: tuple[str, ...] = ()
    is_new_only: bool = False

    @property
    def is_open(self) -> bool:
        return not (self.tags or self.tiers or self.groups or self.lifecycles or self.is_new_only)


@dataclass(frozen=True)
class Plan:
    run_id: int
    campaign_id: int
    team_id: int | None
    mechanic: Mechanic[Any]
    rules: Rules
    slots: Mapping[str, tuple[SlotBenefit, ...]]
    eligibility: Eligibility
    risk: Mapping[str, Any]
    entries_per_member: int
    contributions_per_member: int
    product_name: str
    title: str
    holdout_percent: int = 0

    def cost_of(self, slot: str) -> Decimal:
        """What one giving of ``slot`` costs us."""
        return sum((item.cost * item.quantity for item in self.slots.get(slot, ())), Decimal(0))


@lru_cache(maxsize=1_000)
def plan_of(run_id: int, revision: int) -> Plan:
    """The plan of a run at a revision: a plan never changes without its revision, so it may be kept.

    Raises ``Run.DoesNotExist``; ``KeyError`` for a mechanic whose file is gone.
    """
    run = Run.objects.select_related("campaign").get(pk=run_id, revision=revision)
    return read_plan(run)


def read_plan(run: Run) -> Plan:
    """As ``plan_of``, from a run in hand with its campaign."""
    mechanic = get_mechanic(run.mechanic)
    data = run.plan
    return Plan(
        run_id=run.pk,
        campaign_id=run.campaign_id,
        team_id=run.campaign.team_id,
        mechanic=mechanic,
        rules=mechanic.rules_type.load(data.get("rules", {})),
        slots={
            slot: tuple(
                SlotBenefit(
                    benefit_id=item["benefit"],
                    quantity=item["quantity"],
                    kind=item["kind"],
                    name=item["name"],
                    cost=Decimal(item["cost"]),
                    face_value=Decimal(item["face_value"]),
                )
                for item in items
            )
            for slot, items in data.get("slots", {}).items()
        },
        eligibility=_eligibility(data.get("eligibility", {})),
        risk=data.get("risk", {}),
        entries_per_member=data.get("entries_per_member", 1),
        contributions_per_member=data.get("contributions_per_member", 0),
        product_name=data.get("product_name", ""),
        title=data.get("title", ""),
        holdout_percent=data.get("holdout_percent", 0),
    )


def _eligibility(data: Mapping[str, Any]) -> Eligibility:
    return Eligibility(
        tags=tuple(data.get("tags", ())),
        tiers=tuple(data.get("tiers", ())),
        groups=tuple(data.get("groups", ())),
        lifecycles=tuple(data.get("lifecycles", ())),
        is_new_only=data.get("is_new_only", False),
    )
