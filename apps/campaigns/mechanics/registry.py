"""Finds mechanics: each module in this package that defines ``MECHANIC`` is one."""

from functools import cache
from typing import Any

from apps.campaigns.mechanics.base import Mechanic
from apps.campaigns.mechanics.base.rules import Text
from apps.core.registries import strategies_in


@cache
def all_mechanics() -> dict[str, Mechanic[Any]]:
    """Every mechanic by key, in the order 拼 帮 送 砍 券 比 换 and then by key. Raises ``ValueError`` when two share
    one or one has not exactly one opening verb."""
    found: dict[str, Mechanic[Any]] = strategies_in(__package__, "MECHANIC")
    for mechanic in found.values():
        if sum(verb.opens for verb in mechanic.verbs) != 1:
            raise ValueError(f"{mechanic.key!r} must have exactly one verb that opens an entry")
    order = "拼帮送砍券比换"
    return dict(sorted(found.items(), key=lambda pair: (order.find(pair[1].mark) % 99, pair[0])))


def get_mechanic(key: str) -> Mechanic[Any]:
    """The mechanic with ``key``; raises ``KeyError``."""
    return all_mechanics()[key]


def mechanic_choices() -> list[tuple[str, Text]]:
    """For ``choices=``: a new mechanic file appears in forms with no migration."""
    return [(mechanic.key, mechanic.label) for mechanic in all_mechanics().values()]
