"""Links from a figure to the rows behind it (A2)."""

from datetime import datetime
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse


def link(name: str, **lookups: object) -> str:
    """The admin URL ``name`` with ``lookups`` as its query, or "" where that room has no such page."""
    try:
        url = reverse(f"admin:{name}")
    except NoReverseMatch:
        return ""
    wanted = {key: _text(value) for key, value in lookups.items()}
    return f"{url}?{urlencode(wanted)}" if wanted else url


def change_link(name: str, pk: int) -> str:
    """The admin URL ``name`` of one row, or "" where that room has no such page."""
    try:
        return reverse(f"admin:{name}", args=[pk])
    except NoReverseMatch:
        return ""


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
