"""The form of risk rules, and what a campaign changed of them in words. Made from the registry: none is named here.

A threshold is posted as ``risk.<rule>.<threshold>``, what holds for all rules as ``risk.<name>``. Each rule that is
on the form is posted as ``risk``, too: one that is not there keeps what is stored, since an unticked box is posted as
nothing and a rule must not go off because a page was older than it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.campaigns.admin.rule_inputs import (
    RuleInput,
    as_json,
    rule_inputs,
    shown_values,
    typed_values,
    value_in_words,
)
from apps.campaigns.mechanics.base import Rules
from apps.campaigns.mechanics.base.rules import Text
from apps.campaigns.risk.policy import HoldParams, policy_of
from apps.campaigns.risk.registry import all_rules

#: The form says by this name which rules are on it.
SHOWN = "risk"
_COMMON = "common"


@dataclass(frozen=True)
class RiskCard:
    """One rule: ``switch`` turns it off, ``inputs`` are its thresholds."""

    key: str
    label: Text
    help: Text
    advice: Text
    switch: RuleInput
    inputs: list[RuleInput]

    @property
    def changed(self) -> int:
        """How many thresholds differ from the recommended ones."""
        return sum(item.is_changed for item in self.inputs)

    @property
    def is_wrong(self) -> bool:
        return any(item.error for item in self.inputs)


@dataclass(frozen=True)
class TypedRisk:
    """``common`` holds for all rules; ``json`` is what ``clean_risk`` reads."""

    common: list[RuleInput]
    cards: list[RiskCard]
    json: dict[str, Any] = field(default_factory=dict)
    is_wrong: bool = False

    @property
    def inputs(self) -> list[RuleInput]:
        return [*self.common, *(item for card in self.cards for item in (card.switch, *card.inputs))]


def typed_risk(post: QueryDict | None, stored: Mapping[str, Any]) -> TypedRisk:
    """From a posted form, or from settings as stored. Errors are said of what was posted."""
    shown = set(post.getlist(SHOWN)) if post is not None else set()

    def read(params_type: type[Rules], data: Any, key: str, prefix: str) -> tuple[list[RuleInput], Any, bool]:
        if post is not None and key in shown:
            values = typed_values(params_type, post, prefix=prefix)
        else:
            values = shown_values(params_type, data)
        plain = as_json(params_type, values)
        wrong = params_type.check(plain) if post is not None else {}
        return rule_inputs(params_type, values, wrong, prefix=prefix), plain, bool(wrong)

    common, json, has_wrong = read(HoldParams, _of_common(stored), _COMMON, "risk.")
    cards = []
    for key, rule in all_rules().items():
        data = stored.get(key)
        own = data if isinstance(data, Mapping) else {}
        inputs, json[key], is_bad = read(rule.params_type, own, key, f"risk.{key}.")
        switch = next(item for item in inputs if item.name == "is_on")
        rest = [item for item in inputs if item is not switch]
        cards.append(RiskCard(key, rule.label, rule.help, rule.advice, switch, rest))
        has_wrong = has_wrong or is_bad
    return TypedRisk(common, cards, json, has_wrong)


def _of_common(stored: Mapping[str, Any]) -> dict[str, Any]:
    names = {item["name"] for item in HoldParams.described()}
    return {name: value for name, value in stored.items() if name in names and value is not None}


def risk_in_words(stored: Mapping[str, Any]) -> list[tuple[Text, list[str]]]:
    """What differs from the recommended settings: a rule, and its changes or that it is off."""
    policy = policy_of(stored)
    common = HoldParams(hold_from=policy.hold_from)
    found: list[tuple[Text, list[str]]] = [
        (item["label"], [_against(item, value, default)]) for item, value, default in _changes(common)
    ]
    for key, rule in all_rules().items():
        params = policy.params[key]
        if not params.is_on:
            found.append((rule.label, [_("已关，本活动不查这条")]))
        elif changes := _changes(params):
            lines = [f"{item['label']} {_against(item, value, default)}" for item, value, default in changes]
            found.append((rule.label, lines))
    return found


def _changes(params: Rules) -> list[tuple[dict[str, Any], Any, Any]]:
    values, defaults = params.dump(), type(params)().dump()
    return [
        (item, values[item["name"]], defaults[item["name"]])
        for item in params.described()
        if values[item["name"]] != defaults[item["name"]]
    ]


def _against(item: Mapping[str, Any], value: Any, default: Any) -> str:
    words = {"value": value_in_words(item, value), "default": value_in_words(item, default)}
    return _("%(value)s（推荐 %(default)s）") % words
