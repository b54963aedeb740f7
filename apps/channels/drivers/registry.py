"""Finds drivers: each module in this package that defines ``DRIVER`` is one."""

import pkgutil
from functools import cache
from importlib import import_module

from apps.channels.drivers.base import Driver, Text


@cache
def all_drivers() -> dict[str, Driver]:
    """Every driver by key. Raises ``ValueError`` when two share a key."""
    package = __name__.rpartition(".")[0]
    found: dict[str, Driver] = {}
    for info in pkgutil.iter_modules(import_module(package).__path__):
        driver = getattr(import_module(f"{package}.{info.name}"), "DRIVER", None)
        if driver is None:
            continue
        if driver.key in found:
            raise ValueError(f"two drivers share the key {driver.key!r}")
        found[driver.key] = driver
    return found


def get_driver(key: str) -> Driver:
    """The driver with ``key``; raises ``KeyError``."""
    return all_drivers()[key]


def driver_choices() -> list[tuple[str, Text]]:
    """For ``choices=``: a new driver file appears in forms with no migration."""
    return [(driver.key, driver.label) for driver in all_drivers().values()]
