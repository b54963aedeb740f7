"""The copy of a campaign's rules that a run plays by."""

from datetime import timedelta
from typing import Any

from apps.campaigns.enums import Repeat
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Campaign, Run, RunStock
from apps.campaigns.risk.policy import policy_of
from apps.campaigns.services.recurrence import Recurrence


def freeze_plan(campaign: Campaign) -> dict[str, Any]:
    """The JSON of ``Run.plan``: everything that a decision depends on, so that changing the campaign, or a
    benefit's price, changes later runs only.

    Raises ``Invalid`` when the rules do not load, ``KeyError`` for a mechanic that is not there.
    """
    rules = get_mechanic(campaign.mechanic).rules_type.load(campaign.rules)
    slots: dict[str, list[dict[str, Any]]] = {}
    for use in campaign.benefits.select_related("benefit").order_by("slot", "id"):
        slots.setdefault(use.slot, []).append(
            {
                "benefit": use.benefit_id,
                "quantity": use.quantity,
                "kind": use.benefit.kind,
                "name": use.benefit.name,
                "cost": f"{use.benefit.cost:.2f}",
                "face_value": f"{use.benefit.face_value:.2f}",
            }
        )
    wanted = campaign.eligibility
    return {
        "rules": rules.dump(),
        "slots": slots,
        "eligibility": {
            **{name: list(wanted.get(name) or ()) for name in ("tags", "tiers", "groups", "lifecycles")},
            "is_new_only": bool(wanted.get("is_new_only", False)),
        },
        "risk": policy_of(campaign.risk).dump(),
        "entries_per_member": campaign.entries_per_member,
        "contributions_per_member": campaign.contributions_per_member,
        "holdout_percent": campaign.holdout_percent,
        "product_name": campaign.product_name,
        "title": campaign.title,
    }


def freeze_into(run: Run, campaign: Campaign) -> None:
    """Give a run that has not opened yet the campaign's present rules, stock and budget; saves both rows.

    ``revision`` grows only when something changed: plans are cached by it.
    """
    plan = freeze_plan(campaign)
    if plan != run.plan or run.mechanic != campaign.mechanic:
        run.plan, run.mechanic = plan, campaign.mechanic
        run.revision += 1
        run.save(update_fields=["plan", "mechanic", "revision", "updated_at"])
    RunStock.objects.update_or_create(run=run, defaults={"stock": campaign.stock, "budget": campaign.budget})


def recurrence_of(campaign: Campaign) -> Recurrence:
    """The campaign's rhythm; raises ``Invalid`` with the field that cannot work."""
    return Recurrence(
        repeat=Repeat(campaign.repeat),
        timezone=campaign.timezone,
        starts_at=campaign.starts_at,
        until=campaign.repeat_until,
        at_time=campaign.at_time,
        weekdays=frozenset(campaign.weekdays),
        month_days=frozenset(campaign.month_days),
        duration=timedelta(minutes=campaign.duration_minutes),
    )
