"""Collecting the made-up facts and writing them at once."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

_COLUMNS = "occurred_at, kind, key, team_id, actor_id, group_id, member_id, subject, value, data"
#: Tier and source are stamped by the statement, so that no trigger looks them up row by row.
_INSERT = f"""
INSERT INTO events_event ({_COLUMNS}, tier_id, source)
SELECT p.occurred_at, p.kind, p.key, p.team_id, p.actor_id, p.group_id, p.member_id, p.subject, p.value, p.data,
  m.tier_id, m.source
FROM demo_past p LEFT JOIN members_member m ON m.id = p.member_id
ORDER BY p.occurred_at
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A member as of now, with the first stay: ``place`` counts from 0 in the order of joining."""

    place: int
    id: int
    group_id: int
    team_id: int | None
    joined_at: datetime
    inviter_id: int | None
    membership_id: int


class Log:
    """Facts up to ``now``; later ones are dropped, they have not happened."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.rows: list[tuple[Any, ...]] = []

    def add(
        self,
        kind: str,
        at: datetime,
        /,
        *,
        person: Person | None = None,
        team_id: int | None = None,
        group_id: int | None = None,
        actor_id: int | None = None,
        value: Decimal | int | None = None,
        subject: str = "",
        key: str = "",
        **data: Any,
    ) -> None:
        """One fact; ``data`` without what is None."""
        if at >= self.now:
            return
        told = {name: word for name, word in data.items() if word is not None}
        if person is not None:
            team_id, group_id = person.team_id, group_id or person.group_id
        self.rows.append(
            (
                at,
                kind,
                key or f"demo:{len(self.rows)}",
                team_id,
                actor_id,
                group_id,
                person.id if person else None,
                subject,
                None if value is None else Decimal(value),
                json.dumps({**told, "demo": True}),
            )
        )

    def write(self) -> int:
        """Put everything into the log; returns how many facts."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMPORARY TABLE demo_past ON COMMIT DROP AS SELECT {_COLUMNS} FROM events_event WHERE false"
            )
            with cursor.copy(f"COPY demo_past ({_COLUMNS}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in self.rows:
                    copy.write_row(row)
            cursor.execute(_INSERT)
        return len(self.rows)
