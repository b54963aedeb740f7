"""Tasks of other rooms on the calendar.

A higher room (reviews) registers where its tasks come from; this room never names it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from apps.accounts.models import User


@dataclass(frozen=True)
class Task:
    """Something a person does on ``day``; ``url`` opens it."""

    key: str
    title: str
    day: date
    url: str
    owner: str = ""
    is_done: bool = False


type Source = Callable[[User, datetime, datetime], list[Task]]

_sources: dict[str, Source] = {}


def register_tasks(name: str, source: Source) -> None:
    """``source(user, start, end)`` gives what ``user`` may see of ``[start, end)``. Raises ``ValueError`` on a second
    source of the same name."""
    if name in _sources:
        raise ValueError(f"tasks {name} are registered twice")
    _sources[name] = source


def tasks_of_calendar(user: User, *, start: datetime, end: datetime) -> list[Task]:
    """All tasks of the range, by day."""
    found = [task for source in _sources.values() for task in source(user, start, end)]
    return sorted(found, key=lambda task: (task.day, task.key))
