"""The form of rules, a mechanic's or a suspicion's, made from their description: none is named here.

A rule is posted as ``<prefix><name>``, a mechanic's as ``rule.<name>``; rows of a price ladder or of ranks as
parallel ``rule.<name>.a`` and ``.b``.
What was typed is kept as text, so that a refused form shows it unchanged.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.campaigns.mechanics.base import Rules
from apps.campaigns.mechanics.base.rules import MOST_STEPS, Text
from apps.core.errors import Invalid
from apps.core.sentences import listed

_PREFIX = "rule."
_SPARE_ROWS = 1
_BETWEEN = re.compile(r"[\s,，、;；/]+")

type Pair = tuple[str, str]
type Shown = str | bool | list[Pair]


@dataclass(frozen=True)
class RuleInput:
    """One rule with its widget. ``value`` is what the widget shows: text, a tick, or rows of two texts; ``default``
    is what it shows until somebody changes it."""

    name: str
    kind: str
    label: Text
    help: Text
    unit: Text
    minimum: Any
    maximum: Any
    choices: tuple[tuple[str, Text], ...]
    value: Shown
    default: Shown
    error: str = ""
    prefix: str = _PREFIX

    @property
    def post_name(self) -> str:
        return f"{self.prefix}{self.name}"

    @property
    def is_changed(self) -> bool:
        """Does it differ from its default, however it is typed?"""
        return _plain(self.kind, _filled(self.value)) != _plain(self.kind, self.default)

    @property
    def bounds(self) -> str:
        """``1–1,000`` in words, or empty."""
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return _("%(low)s 到 %(high)s") % {"low": f"{low:,}", "high": f"{high:,}"}
        if low is not None:
            return _("不小于 %(low)s") % {"low": f"{low:,}"}
        if high is not None:
            return _("不大于 %(high)s") % {"high": f"{high:,}"}
        return ""

    @property
    def columns(self) -> tuple[str, str]:
        """Heads of the two columns of rows."""
        return (_("人数"), _("价格（元）")) if self.kind == "prices" else (_("从第几名"), _("到第几名"))


def shown_values(rules_type: type[Rules], data: Mapping[str, Any]) -> dict[str, Shown]:
    """Widgets' values for rules as they are stored (JSON); a missing one shows its default."""
    # Stored rules may be older than the mechanic: what it does not know any more is left out.
    stored = rules_type().dump() | dict(data)
    return {item["name"]: _shown(item["kind"], stored[item["name"]]) for item in rules_type.described()}


def _shown(kind: str, value: Any) -> Shown:
    if kind == "boolean":
        return bool(value)
    if kind == "steps":
        return ", ".join(str(number) for number in value)
    if kind in ("prices", "ranks"):
        return [(str(first), str(second)) for first, second in value]
    return str(value)


def _filled(value: Shown) -> Shown:
    return [row for row in value if any(row)] if isinstance(value, list) else value


def typed_values(rules_type: type[Rules], post: QueryDict, *, prefix: str = _PREFIX) -> dict[str, Shown]:
    """Widgets' values as they were typed. An unticked box is posted as nothing, so every rule must be on the
    form that is read."""
    return {
        item["name"]: _typed(item["kind"], f"{prefix}{item['name']}", post) for item in rules_type.described()
    }


def _typed(kind: str, name: str, post: QueryDict) -> Shown:
    if kind == "boolean":
        return name in post
    if kind in ("prices", "ranks"):
        firsts, seconds = post.getlist(f"{name}.a"), post.getlist(f"{name}.b")
        rows = zip(firsts, seconds, strict=False)
        return [(a.strip(), b.strip()) for a, b in rows if a.strip() or b.strip()][: MOST_STEPS + 1]
    return post.get(name, "")


def as_json(rules_type: type[Rules], values: Mapping[str, Shown]) -> dict[str, Any]:
    """What ``Rules.load`` reads, from widgets' values."""
    return {
        item["name"]: _plain(item["kind"], values[item["name"]])
        for item in rules_type.described()
        if item["name"] in values
    }


def _plain(kind: str, value: Shown) -> Any:
    if kind == "steps":
        return [token for token in _BETWEEN.split(str(value)) if token]
    if kind in ("integer", "money"):
        return str(value).strip().replace(",", "").replace("¥", "").replace("，", "")
    return value


def rule_inputs(
    rules_type: type[Rules],
    values: Mapping[str, Shown],
    wrong: Mapping[str, Invalid],
    *,
    prefix: str = _PREFIX,
) -> list[RuleInput]:
    """Every rule in the order of its class, with its error from ``wrong``."""
    defaults = shown_values(rules_type, {})
    found = []
    for item in rules_type.described():
        name, kind = item["name"], item["kind"]
        value = values[name]
        if isinstance(value, list):
            value = [*value, *[("", "")] * (_SPARE_ROWS if value else _SPARE_ROWS + 1)]
        found.append(
            RuleInput(
                name=name,
                kind=kind,
                label=item["label"],
                help=item["help"],
                unit=item["unit"],
                minimum=item["minimum"],
                maximum=item["maximum"],
                choices=item["choices"],
                value=value,
                default=defaults[name],
                error=str(wrong[name]) if name in wrong else "",
                prefix=prefix,
            )
        )
    return found


def nearest_rules(rules_type: type[Rules], data: Mapping[str, Any], wrong: Mapping[str, Invalid]) -> Rules:
    """Rules to go on with while some are wrong: those take their defaults; all do if the rest does not fit."""
    try:
        return rules_type.load({name: value for name, value in data.items() if name not in wrong})
    except Invalid:
        return rules_type()


def rules_in_words(rules: Rules) -> list[tuple[Text, str]]:
    """Label and value of every rule, for reading."""
    values = rules.dump()
    return [(item["label"], value_in_words(item, values[item["name"]])) for item in rules.described()]


def value_in_words(item: Mapping[str, Any], value: Any) -> str:
    """``value``, as JSON, of the rule that ``item`` describes, with its unit."""
    kind, unit = item["kind"], f" {item['unit']}" if item["unit"] else ""
    if kind == "boolean":
        return _("是") if value else _("否")
    if kind == "choice":
        return str(dict(item["choices"]).get(value, value))
    if kind == "steps":
        return ", ".join(str(number) for number in value) + unit if value else "—"
    if kind == "prices":
        return listed(_("%(n)s 人 ¥%(price)s") % {"n": n, "price": price} for n, price in value) or "—"
    if kind == "ranks":
        return listed(f"{first}–{last}" if first != last else f"{first}" for first, last in value) or "—"
    return f"{value}{unit}" if value != "" else "—"
