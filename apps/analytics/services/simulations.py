"""Keeping a forecast, so that it can be held against what came."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.analytics.models import Simulation
from apps.analytics.selectors.playing import MOST_VARIANTS, Variant, played, runs_for
from apps.analytics.simulation.priors import Priors
from apps.analytics.simulation.setting import Setting
from apps.campaigns.mechanics.base import Mechanic
from apps.campaigns.models import Campaign
from apps.core.errors import Invalid, NotAllowed


def save_simulation(
    *,
    name: str,
    campaign: Campaign,
    mechanic: Mechanic[Any],
    variants: Sequence[Variant],
    priors: Priors,
    seed: int,
    actor: User,
    now: datetime,
) -> Simulation:
    """Play it and keep inputs, seed and results. Raises ``NotAllowed`` for a campaign of another team, ``Invalid`` for
    none or too many rule sets, or no name."""
    if not Campaign.objects.visible_to(actor).filter(pk=campaign.pk).exists():
        raise NotAllowed(_("这个活动属于别的团队。"), hint=_("请架构师把你加进对应的团队。"))
    if not 1 <= len(variants) <= MOST_VARIANTS:
        raise Invalid(_("一次比 1 到 4 套方案。"), hint=_("请去掉几套。"), field="variants")
    if not name.strip():
        raise Invalid(_("请给这次推演起个名字。"), hint=_("例如“首档改成 2 人”。"), field="name")
    runs = runs_for(variants)
    results = played(mechanic, variants, priors, seed=seed, runs=runs)
    with transaction.atomic():
        simulation = Simulation.objects.create(
            name=name.strip()[:80],
            team=campaign.team,
            campaign=campaign,
            mechanic=mechanic.key,
            inputs={"priors": priors.dump(), "variants": [variant.dump() for variant in variants]},
            seed=seed,
            runs=runs,
            results=results,
            author=actor,
            created_at=now,
        )
        audit(actor=actor, action="simulation.save", target=simulation, campaign=campaign.pk)
    return simulation


def repeated(simulation: Simulation, mechanic: Mechanic[Any]) -> list[dict[str, Any]]:
    """The same results again, from the kept inputs and seed."""
    variants = [
        Variant(kept["name"], mechanic.rules_type.load(kept["rules"]), Setting.load(kept["setting"]))
        for kept in simulation.inputs["variants"]
    ]
    priors = Priors.load(simulation.inputs["priors"])
    return played(mechanic, variants, priors, seed=simulation.seed, runs=simulation.runs)
