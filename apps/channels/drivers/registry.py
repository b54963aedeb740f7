"""Finds drivers: each module in this package that defines ``DRIVER`` is one."""

from functools import cache

from apps.channels.drivers.base import Driver, Text
from apps.core.registries import strategies_in


@cache
def all_drivers() -> dict[str, Driver]:
    """Every driver by key. Raises ``ValueError`` when two share a key."""
    found: dict[str, Driver] = strategies_in(__package__, "DRIVER")
    return found


def get_driver(key: str) -> Driver:
    """The driver with ``key``; raises ``KeyError``."""
    return all_drivers()[key]


def driver_choices() -> list[tuple[str, Text]]:
    """For ``choices=``: a new driver file appears in forms with no migration."""
    return [(driver.key, driver.label) for driver in all_drivers().values()]
