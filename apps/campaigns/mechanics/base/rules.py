"""Typed rules with words for the form that edits them.

A mechanic's rules are a frozen dataclass whose fields are made by ``rule(...)``. From it come the admin form,
the API's description, parsing, and the frozen copy that a run keeps.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Self, get_type_hints

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Invalid

type Text = str | Promise

#: Shapes of a list-valued rule.
type Steps = tuple[int, ...]  # e.g. 3, 10, 30 helpers
type Prices = tuple[tuple[int, Decimal], ...]  # (from this many people, price)
type Ranks = tuple[tuple[int, int], ...]  # (from rank, to rank)

CENT = Decimal("0.01")
MOST_MONEY = Decimal("9999999.99")
MOST_STEPS = 20


@dataclass(frozen=True)
class Problem:
    """What is wrong with a set of rules: ``field`` is the rule's name."""

    field: str
    message: Text
    hint: Text = ""


def rule(
    label: Text,
    *,
    default: Any,
    why: Text,
    unit: Text = "",
    minimum: Any = None,
    maximum: Any = None,
    choices: tuple[tuple[str, Text], ...] = (),
) -> Any:
    """A field of a ``Rules`` class. The type is the annotation: ``int``, ``Decimal`` (money in yuan), ``bool``,
    ``str`` (one of ``choices`` if given), ``Steps``, ``Prices`` or ``Ranks``. ``why`` explains the rule to an
    operator. Bounds are inclusive and hold for each number of a list."""
    words = {
        "label": label,
        "help": why,
        "unit": unit,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
    }
    return field(default=default, metadata=MappingProxyType(words))


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Base of every mechanic's rules."""

    def problems(self) -> Iterable[Problem]:
        """What cannot work between the rules, each with what to do; a subclass overrides it."""
        return ()

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        """Build rules from JSON (or a form's cleaned data); missing names take their defaults.

        Raises ``Invalid`` whose ``field`` is the name of the first rule that is wrong.
        """
        values, wrong = cls._read_all(data)
        for error in wrong.values():
            raise error
        rules = cls(**values)
        for problem in rules.problems():
            raise Invalid(problem.message, hint=problem.hint, field=problem.field)
        return rules

    @classmethod
    def check(cls, data: Mapping[str, Any]) -> dict[str, Invalid]:
        """Everything that ``load`` could refuse in ``data``, by rule name; empty if it would accept it.

        What cannot work between rules is looked for once each rule by itself is right.
        """
        values, wrong = cls._read_all(data)
        if not wrong:
            for problem in cls(**values).problems():
                error = Invalid(problem.message, hint=problem.hint, field=problem.field)
                wrong.setdefault(problem.field, error)
        return wrong

    @classmethod
    def _read_all(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Invalid]]:
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        wrong: dict[str, Invalid] = {}
        for item in fields(cls):
            if item.name in data and data[item.name] is not None:
                try:
                    values[item.name] = _read(item, hints[item.name], data[item.name])
                except Invalid as error:
                    wrong[item.name] = error
        return values, wrong

    def dump(self) -> dict[str, Any]:
        """JSON that ``load`` reads back to equal rules; money is a string."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}

    @classmethod
    def described(cls) -> list[dict[str, Any]]:
        """One dict per rule: name, kind (``integer``, ``money``, ``boolean``, ``choice``, ``text``, ``steps``,
        ``prices``, ``ranks``), label, help, unit, minimum, maximum, choices, default."""
        hints = get_type_hints(cls)
        return [
            {
                "name": item.name,
                "kind": _kind(hints[item.name], item),
                "default": item.default,
                **item.metadata,
            }
            for item in fields(cls)
        ]


def _kind(hint: Any, item: dataclasses.Field[Any]) -> str:
    named = {
        bool: "boolean",
        int: "integer",
        Decimal: "money",
        Steps: "steps",
        Prices: "prices",
        Ranks: "ranks",
    }
    if hint is str:
        return "choice" if item.metadata["choices"] else "text"
    return named[hint]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _read(item: dataclasses.Field[Any], hint: Any, raw: Any) -> Any:
    kind = _kind(hint, item)
    try:
        value = _READERS[kind](raw)
    except (TypeError, ValueError, InvalidOperation) as error:
        raise Invalid(
            _("“%(label)s”填得不对。") % {"label": item.metadata["label"]}, hint=_HINTS[kind], field=item.name
        ) from error
    if kind == "choice" and value not in {key for key, _label in item.metadata["choices"]}:
        raise Invalid(
            _("“%(label)s”没有这个选项。") % {"label": item.metadata["label"]},
            hint=_("请在列表里选。"),
            field=item.name,
        )
    _check_bounds(item, value)
    return value


def _check_bounds(item: dataclasses.Field[Any], value: Any) -> None:
    low, high = item.metadata["minimum"], item.metadata["maximum"]
    for number in _numbers(value):
        if (low is not None and number < low) or (high is not None and number > high):
            raise Invalid(
                _("“%(label)s”超出了范围。") % {"label": item.metadata["label"]},
                hint=_range_hint(low, high),
                field=item.name,
            )


def _range_hint(low: Any, high: Any) -> Text:
    if low is None:
        return _("最大 %(high)s。") % {"high": high}
    if high is None:
        return _("最小 %(low)s。") % {"low": low}
    return _("请填 %(low)s 到 %(high)s。") % {"low": low, "high": high}


def _numbers(value: Any) -> Iterable[Any]:
    if isinstance(value, tuple):
        for item in value:
            # Of a (people, price) pair the price is bounded; people are checked by the mechanic.
            yield item[-1] if isinstance(item, tuple) else item
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        yield value


def _integer(raw: Any) -> int:
    if isinstance(raw, bool) or (isinstance(raw, float) and not raw.is_integer()):
        raise ValueError(raw)
    number = int(raw)
    if abs(number) > 2_000_000_000:
        raise ValueError(raw)
    return number


def _money(raw: Any) -> Decimal:
    if isinstance(raw, (bool, float)):
        raise ValueError(raw)
    amount = Decimal(str(raw))
    if not amount.is_finite() or amount != amount.quantize(CENT) or abs(amount) > MOST_MONEY:
        raise ValueError(raw)
    return amount.quantize(CENT)


def _boolean(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise TypeError(raw)
    return raw


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or len(raw) > 500:
        raise ValueError(raw)
    return raw


def _few(raw: Any) -> list[Any]:
    if not isinstance(raw, (list, tuple)) or len(raw) > MOST_STEPS:
        raise ValueError(raw)
    return list(raw)


_READERS: dict[str, Any] = {
    "integer": _integer,
    "money": _money,
    "boolean": _boolean,
    "choice": _text,
    "text": _text,
    "steps": lambda raw: tuple(_integer(one) for one in _few(raw)),
    "prices": lambda raw: tuple((_integer(n), _money(p)) for n, p in _few(raw)),
    "ranks": lambda raw: tuple((_integer(a), _integer(b)) for a, b in _few(raw)),
}
_HINTS: dict[str, Text] = {
    "integer": _("请填整数。"),
    "money": _("请填金额，最多两位小数，例如 99.00。"),
    "boolean": _("请选是或否。"),
    "choice": _("请在列表里选。"),
    "text": _("最多 500 个字。"),
    "steps": _("请填几个整数，例如 3, 10, 30。"),
    "prices": _("每档写“人数 价格”，例如 5 人 79.00。"),
    "ranks": _("每档写“起始名次 结束名次”，例如 2–10。"),
}
