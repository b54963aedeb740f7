"""A campaign's risk settings (``Campaign.risk``, a run's ``plan["risk"]``): the threshold and each rule's figures.

JSON: ``{"hold_from": 60, "<rule key>": {<threshold>: value, …}, …}``; what is missing takes its default. A campaign
keeps what differs from the recommended figures, so that the rest follows the recommendation; a run keeps them all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base.rules import Rules
from apps.campaigns.mechanics.base.rules import rule as figure
from apps.campaigns.risk.base import Finding, RiskParams, RiskRule
from apps.campaigns.risk.facts import EntryFacts
from apps.campaigns.risk.registry import all_rules
from apps.core.errors import Invalid

#: Open suspicion from this sum of scores on holds grants, unless the campaign says otherwise.
HOLD_FROM = 60


@dataclass(frozen=True, kw_only=True)
class HoldParams(Rules):
    """What is set for all rules together; described like a rule's thresholds."""

    hold_from: int = figure(
        _("风险分到多少暂扣"),
        default=HOLD_FROM,
        unit=_("分"),
        minimum=1,
        maximum=1_000,
        why=_("一单里各条规则查到的分加起来，到这个数就先扣住礼品。调高更宽，调低更严。"),
    )


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

    def dump(self) -> dict[str, Any]:
        """Every figure as JSON, for a run to keep."""
        return {"hold_from": self.hold_from} | {key: params.dump() for key, params in self.params.items()}


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
    """Settings as a campaign stores them: checked, and only what differs from the defaults; unknown keys are dropped.

    Raises ``Invalid`` whose ``field`` is ``risk.hold_from`` or ``risk.<rule>.<threshold>``.
    """
    kept = _changed(HoldParams, {"hold_from": data.get("hold_from")}, "risk")
    for key, rule in all_rules().items():
        if changed := _changed(rule.params_type, data.get(key), f"risk.{key}"):
            kept[key] = changed
    return kept


def _changed(params_type: type[Rules], data: Any, path: str) -> dict[str, Any]:
    try:
        values = params_type.load(data if isinstance(data, Mapping) else {}).dump()
    except Invalid as error:
        raise Invalid(error.message, hint=error.hint, field=f"{path}.{error.field}") from error
    defaults = params_type().dump()
    return {name: value for name, value in values.items() if value != defaults[name]}
