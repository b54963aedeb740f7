"""The registry behind ``manage.py check_invariants``: promises that rows can prove.

An app registers its queries in ``selectors/invariants.py``; each counts rows that break the promise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import connection, transaction


@dataclass(frozen=True)
class Invariant:
    promise: str  # e.g. "D1"
    name: str  # e.g. "one delivery per key"
    sql: str  # a SELECT with one row per violation


_registry: dict[tuple[str, str], Invariant] = {}


def invariant(promise: str, name: str, sql: str) -> None:
    """Register a query whose rows are violations of ``promise``. Raises ``ValueError`` on a second same name."""
    key = (promise, name)
    if key in _registry:
        raise ValueError(f"invariant {key} is registered twice")
    _registry[key] = Invariant(promise, name, sql)


def all_invariants() -> list[Invariant]:
    """Every registered invariant in order of promise; loads each app's ``selectors.invariants`` first."""
    for config in apps.get_app_configs():
        if config.name.startswith("apps.") and find_spec(f"{config.name}.selectors"):
            module = f"{config.name}.selectors.invariants"
            if find_spec(module):
                import_module(module)
    return [_registry[key] for key in sorted(_registry, key=_natural)]


def count_violations() -> Iterator[tuple[Invariant, int]]:
    """Yield each invariant with its count of violations, read in one read-only snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for item in all_invariants():
            cursor.execute(f"SELECT count(*) FROM ({item.sql}) AS violation")
            yield item, cursor.fetchone()[0]


def _natural(key: tuple[str, str]) -> tuple[str, int, str]:
    promise, name = key
    return promise[:1], int(promise[1:] or 0), name
