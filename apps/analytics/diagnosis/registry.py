"""Every rule, found by its file."""

from functools import cache

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule
from apps.core.registries import strategies_in


@cache
def all_rules() -> dict[str, Rule]:
    """Rules by key: what the modules of this package export as ``RULE``."""
    return strategies_in("apps.analytics.diagnosis", "RULE")


def hypotheses_of(case: Case) -> list[Hypothesis]:
    """What the rules think, the strongest first."""
    found = (rule.judge(case) for rule in all_rules().values())
    return sorted((one for one in found if one is not None), key=lambda one: -one.strength)
