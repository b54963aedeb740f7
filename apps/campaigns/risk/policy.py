"""A campaign's risk settings (``Campaign.risk``, a run's ``plan["risk"]``): the threshold and each rule's figures.

JSON: ``{"hold_from": 60, "<rule key>": {<threshold>: value, …}, …}``; what is missing takes its default.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.risk.base import Finding, RiskParams, RiskRule
from apps.campaigns.risk.facts import EntryFacts
from apps.campaigns.risk.registry import all_rules
from apps.core.errors import Invalid

#: Open suspicion from this sum of scores on holds grants, unless the campaign says otherwise.
HOLD_FROM = 60
MOST_HOLD_FROM = 1_000


@dataclass(frozen=True)
class Policy:
    """``hold_from``: from this sum of open scores on, an entry's grants are held. ``params``: by rule."""

    hold_from: int
    params: Mapping[str, RiskParams]

    def look(self, facts: EntryFacts) -> list[Finding]:
        """What the rules that are on find about an entry."""
        return [
            finding
            for key, rule in all_rules().items()
            if self.params[key].is_on
            for finding in rule.look(facts, self.params[key])
        ]


def policy_of(risk: Mapping[str, Any]) -> Policy:
    """The policy that stored settings mean. What cannot be read (an older rule's figure) takes its default: a verb
    never fails for it."""
    return _policy(json.dumps(risk, sort_keys=True, default=str) if risk else "")


@lru_cache(maxsize=500)
def _policy(text: str) -> Policy:
    risk = json.loads(text) if text else {}
    hold = risk.get("hold_from")
    params = {key: _load(rule, risk.get(key)) for key, rule in all_rules().items()}
    return Policy(hold if isinstance(hold, int) and hold > 0 else HOLD_FROM, params)


def _load(rule: RiskRule[Any], data: Any) -> RiskParams:
    try:
        loaded: RiskParams = rule.params_type.load(data if isinstance(data, dict) else {})
    except Invalid:
        return rule.params_type()
    return loaded


def clean_risk(data: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they are stored, checked; unknown keys are dropped.

    Raises ``Invalid`` whose ``field`` is ``hold_from`` or ``risk.<rule>.<threshold>``.
    """
    kept: dict[str, Any] = {}
    hold = data.get("hold_from")
    if hold is not None:
        if isinstance(hold, bool) or not isinstance(hold, int) or not 1 <= hold <= MOST_HOLD_FROM:
            raise Invalid(
                _("暂扣的门槛要是 1 到 1000 的整数。"), hint=_("常用 60；留空用默认。"), field="hold_from"
            )
        kept["hold_from"] = hold
    for key, rule in all_rules().items():
        if key in data:
            try:
                kept[key] = rule.params_type.load(data[key]).dump()
            except Invalid as error:
                raise Invalid(error.message, hint=error.hint, field=f"risk.{key}.{error.field}") from error
    return kept
