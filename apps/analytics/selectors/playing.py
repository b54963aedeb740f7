"""Simulations as they are asked for: rule sets of one mechanic, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.analytics.simulation.engine import simulate
from apps.analytics.simulation.priors import Priors
from apps.analytics.simulation.setting import Setting
from apps.analytics.simulation.summary import summarise
from apps.campaigns.mechanics.base import Mechanic, Rules

MOST_VARIANTS = 4
#: Of each of several rule sets, so that an answer stays below a few seconds.
RUNS, RUNS_EACH = 10_000, 4_000


@dataclass(frozen=True)
class Variant:
    """One rule set to be compared."""

    name: str
    rules: Rules
    setting: Setting

    def dump(self) -> dict[str, Any]:
        """JSON for ``Simulation.inputs``."""
        return {"name": self.name, "rules": self.rules.dump(), "setting": self.setting.dump()}


def runs_for(variants: Sequence[Variant]) -> int:
    return RUNS if len(variants) == 1 else RUNS_EACH


def played(
    mechanic: Mechanic[Any], variants: Sequence[Variant], priors: Priors, *, seed: int, runs: int
) -> list[dict[str, Any]]:
    """What ``summarise`` says of each, all with the same seed: they meet the same people."""
    return [
        summarise(
            simulate(mechanic.forecast_shape(variant.rules), variant.setting, priors, seed=seed, runs=runs)
        )
        for variant in variants
    ]
