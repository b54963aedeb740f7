"""Every schema, found by its family's file."""

from functools import cache

from apps.core.registries import strategies_in
from apps.events.schemas.base import Family, Schema


@cache
def all_families() -> dict[str, Family]:
    return strategies_in("apps.events.schemas", "FAMILY")


@cache
def all_schemas() -> dict[str, Schema]:
    """Schemas by kind. Raises ``ValueError`` when two tell of the same kind."""
    found: dict[str, Schema] = {}
    for family in all_families().values():
        for schema in family.schemas:
            if schema.kind in found:
                raise ValueError(f"two schemas of {schema.kind!r}")
            found[str(schema.kind)] = schema
    return found


@cache
def outside_kinds() -> tuple[str, ...]:
    """Kinds that may come by the API and by a file."""
    return tuple(kind for kind, schema in all_schemas().items() if schema.is_outside)
