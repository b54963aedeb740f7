"""Bargains to play in tests."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from apps.campaigns.mechanics.bargain import MECHANIC, BargainRules
from apps.campaigns.mechanics.base import Refused
from tests.campaigns.mechanics.world import World

CENT = Decimal("0.01")
OWNER = 1


@st.composite
def workable_rules(draw: st.DrawFn, **fixed: Any) -> BargainRules:
    """Any rules that ``problems`` lets through, tight ones too."""
    helpers, own = draw(st.integers(1, 12)), draw(st.booleans())
    count = helpers + own
    low = draw(st.integers(1, 300))
    high = draw(st.integers(low, low + 2_000))
    total = draw(st.integers(low * count, high * count))
    floor = draw(st.integers(0, 100_000))
    return BargainRules.load(
        {
            "start": (floor + total) * CENT,
            "floor": floor * CENT,
            "helpers": helpers,
            "has_own_cut": own,
            "min_cut": low * CENT,
            "max_cut": draw(st.sampled_from([Decimal(0), high * CENT])),
            "new_weight": draw(st.integers(1, 20)),
            **fixed,
        }
    )


def world(**rules: Any) -> World:
    numbers = {"start": Decimal("10.00"), "floor": Decimal("4.00"), "helpers": 3, "has_own_cut": False}
    return World(MECHANIC, BargainRules.load(numbers | rules), stock=5)


def cut_down(w: World, first: int = 2) -> None:
    """Friends cut until the price is at the floor."""
    for helper in range(first, first + w.rules.helpers):  # type: ignore[attr-defined]
        w.act("cut", member=helper)


def purchase(w: World) -> int:
    return next(p.id for p in w.live_parts() if p.kind == "purchase")


def price(w: World) -> Decimal:
    assert isinstance(w.rules, BargainRules)
    return w.rules.start - w.state(1).score


def refused(w: World, verb: str, **how: Any) -> str:
    with pytest.raises(Refused) as refusal:
        w.act(verb, **how)
    return refusal.value.code
