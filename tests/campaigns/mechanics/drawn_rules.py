"""Rules that a mechanic accepts, drawn from what it says of them."""

from random import Random
from typing import Any

from hypothesis import strategies as st

from apps.campaigns.mechanics.base import Mechanic, Rules
from apps.core.errors import Invalid


def _value(item: dict[str, Any]) -> st.SearchStrategy[Any]:
    low = item["minimum"] if item["minimum"] is not None else 0
    high = item["maximum"] if item["maximum"] is not None else low + 1_000
    few = st.integers(int(low), int(min(high, low + 6)))
    money = st.decimals(low, min(high, low + 200), places=2)
    match item["kind"]:
        case "integer":
            return few
        case "money":
            return money
        case "boolean":
            return st.booleans()
        case "choice":
            return st.sampled_from([key for key, _label in item["choices"]])
        case "text":
            return st.just(item["default"])
        case "steps":
            return st.lists(few, max_size=4)
        case "prices":
            return st.lists(st.tuples(st.integers(1, 8), money), max_size=3)
        case "ranks":
            return st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=3)
    raise AssertionError(f"no strategy for a rule of kind {item['kind']!r}")


@st.composite
def any_rules(draw: st.DrawFn, mechanic: Mechanic[Any]) -> Rules:
    """Rules that the mechanic accepts; small numbers, so that plays reach their ends."""
    described = mechanic.rules_type.described()
    return _load(mechanic, {item["name"]: draw(st.none() | _value(item)) for item in described})


def some_rules(mechanic: Mechanic[Any], dice: Random) -> Rules:
    """Default numbers, any choices and switches."""
    data: dict[str, Any] = {}
    for item in mechanic.rules_type.described():
        if item["kind"] == "boolean":
            data[item["name"]] = dice.random() < 0.5
        elif item["kind"] == "choice":
            data[item["name"]] = dice.choice(item["choices"])[0]
    return _load(mechanic, data)


def _load(mechanic: Mechanic[Any], data: dict[Any, Any]) -> Rules:
    """Rules from as much of ``data`` as goes together."""
    while True:
        try:
            return mechanic.rules_type.load(data)
        except Invalid as problem:
            # Give up what is wrong; if that is the default, something else that does not go with it.
            given = [name for name, value in data.items() if value is not None]
            data[problem.field if problem.field in given else given[-1]] = None
