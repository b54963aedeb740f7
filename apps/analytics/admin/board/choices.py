"""A page's own choices, kept in the address beside the shell's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.analytics.admin.board.filters import Filters


@dataclass(frozen=True)
class Choice:
    """One row of links: ``options`` as (words, query string, is chosen)."""

    label: Any
    options: list[tuple[Any, str, bool]]


def chosen(filters: Filters, name: str, options: Mapping[str, Any] | Sequence[str], default: str) -> str:
    """The value of ``name`` in the address if it is one of ``options``, else ``default``."""
    value = filters.more.get(name, "")
    return value if value in options else default


def choice(filters: Filters, name: str, label: Any, options: Mapping[str, Any], current: str) -> Choice:
    """Links that change one parameter."""
    return Choice(
        label,
        [(words, filters.query(**{name: value}), value == current) for value, words in options.items()],
    )
