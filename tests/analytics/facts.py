"""Small worlds of facts, written by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from apps.events.models import Event
from apps.events.services.recording import record

_NUMBER = count(1)


def at(text: str) -> datetime:
    """``"2026-03-01 10:00"`` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=8)


def fact(kind: str, when: str | datetime, **fields: Any) -> Event:
    """One fact, not yet recorded."""
    value = fields.pop("value", None)
    return Event(
        occurred_at=at(when) if isinstance(when, str) else when,
        kind=kind,
        key=fields.pop("key", f"test:{next(_NUMBER)}"),
        value=None if value is None else Decimal(str(value)),
        **fields,
    )


def record_facts(*facts: Event) -> None:
    record(facts)


def rollup_rows() -> dict[str, list[Any]]:
    """Every rollup row in a form that can be compared: sets as sorted lists of ids."""
    from pyroaring import BitMap

    from apps.analytics.models import Arrival, DayFigure, FirstDay, HourFigure, MemberSet, MemberValue, Stay

    def plain(value: Any) -> Any:
        return list(BitMap.deserialize(bytes(value))) if isinstance(value, bytes | memoryview) else value

    found = {}
    for model in (Arrival, DayFigure, FirstDay, HourFigure, MemberSet, MemberValue, Stay):
        names = sorted(field.attname for field in model._meta.concrete_fields)
        rows = [tuple(plain(value) for value in row) for row in model.objects.values_list(*names)]
        found[model.__name__] = sorted(rows, key=repr)
    return found
