"""One kind of work that waits, as the home page shows it."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Card:
    """``tone``: info, warning, danger. ``rows``: (text, url) of the most urgent ones."""

    key: str
    label: str
    count: int
    url: str
    icon: str
    tone: str
    todo: str
    since: datetime | None = None
    rows: list[tuple[str, str]] = field(default_factory=list)
