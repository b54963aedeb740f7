"""The log's months: made ahead, filled from the default partition, dropped when their time is over."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

_NAME = re.compile(r"events_event_([0-9]{4})_([0-9]{2})")
#: Writers wait while rows move: so many take a second or two.
_MOST_MOVED = 100_000
#: What is asked of a table's lock: rather later than in everybody's way.
_PATIENCE = "SET LOCAL lock_timeout = '3s'"


def ensure_partitions(*, now: datetime, months_ahead: int = 3) -> list[str]:
    """Create the monthly partitions from last month to ``months_ahead`` ahead; returns the names created.

    Rows outside of any month fall into the default partition, so that no fact is ever refused.
    """
    created = []
    with connection.cursor() as cursor:
        first = (now.date().replace(day=1) - timedelta(days=1)).replace(day=1)
        for start in _months(first, months_ahead + 2):
            name = f"events_event_{start:%Y_%m}"
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is not None:
                continue
            end = _next_month(start)
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM events_event_default WHERE occurred_at >= %s AND occurred_at < %s)",
                [start, end],
            )
            if cursor.fetchone()[0]:
                continue  # such rows would make the CREATE fail; they stay readable where they are
            cursor.execute(
                f"CREATE TABLE {name} PARTITION OF events_event"
                f" FOR VALUES FROM ('{start.isoformat()} 00:00+00') TO ('{end.isoformat()} 00:00+00')"
            )
            created.append(name)
    return created


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _months(first: date, count: int) -> Iterable[date]:
    for _ in range(count):
        yield first
        first = _next_month(first)


def move_out_of_default(*, months: int = 3) -> list[str]:
    """Give up to ``months`` months whose facts lie in the default partition a partition of their own.

    Returns the names made. A month with very many such facts stays where it is, and so does everything while somebody
    works with the log for long: the next tick tries again. The rows keep their numbers and transactions, so that
    rollups count none of them twice.
    """
    made: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('month', occurred_at, 'UTC'), count(*) FROM events_event_default"
            " WHERE occurred_at BETWEEN '1970-01-01' AND '2200-01-01' GROUP BY 1 ORDER BY 1 DESC"
        )
        found = [(start.astimezone(UTC).date(), count) for start, count in cursor.fetchall()]
    for start, count in found[:months]:
        if count > _MOST_MOVED:
            continue
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_PATIENCE)
                made.append(_move(cursor, start))
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != "55P03":  # somebody holds the table
                raise
    return made


def _move(cursor: CursorWrapper, start: date) -> str:
    name, end = f"events_event_{start:%Y_%m}", _next_month(start)
    values = [f"{start.isoformat()} 00:00+00", f"{end.isoformat()} 00:00+00"]
    # On the whole log: a writer that had chosen the default partition already would be refused after the change.
    cursor.execute("LOCK TABLE ONLY events_event IN SHARE ROW EXCLUSIVE MODE")
    cursor.execute(f"CREATE TABLE {name} (LIKE events_event INCLUDING DEFAULTS)")
    cursor.execute(
        "WITH moved AS (DELETE FROM events_event_default WHERE occurred_at >= %s AND occurred_at < %s RETURNING *)"
        f" INSERT INTO {name} SELECT * FROM moved",
        values,
    )
    cursor.execute(
        f"ALTER TABLE events_event ATTACH PARTITION {name} FOR VALUES FROM ('{values[0]}') TO ('{values[1]}')"
    )
    return name


def drop_old_partitions(*, before: datetime, counted_txid: int, counted_id: int) -> list[str]:
    """Drop the months that end by ``before`` and whose facts are all counted: written by a transaction lower than
    ``counted_txid`` or numbered up to ``counted_id``. Returns their names.

    Counted facts from before then that came late into the default partition go too, and what sources have used as
    keys at that time.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'events_event'::regclass ORDER BY 1"
        )
        names = [name for (name,) in cursor.fetchall()]
    dropped = []
    for name in names:
        match = _NAME.fullmatch(name)
        if (
            match is None
            or _next_month(date(int(match[1]), int(match[2]), 1)) > before.astimezone(UTC).date()
        ):
            continue
        if _drop(name, counted_txid, counted_id):
            dropped.append(name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM events_event_default WHERE occurred_at < %s AND (txid < %s OR id <= %s)",
            [before, counted_txid, counted_id],
        )
        cursor.execute("DELETE FROM events_sourcekey WHERE occurred_at < %s", [before])
    return dropped


def _drop(name: str, counted_txid: int, counted_id: int) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_PATIENCE)
            # Nothing can be written to it between the look and the end.
            cursor.execute(f"LOCK TABLE ONLY events_event, {name} IN ACCESS EXCLUSIVE MODE")
            cursor.execute(
                f"SELECT EXISTS (SELECT 1 FROM {name} WHERE txid >= %s AND id > %s)",
                [counted_txid, counted_id],
            )
            if cursor.fetchone()[0]:
                return False
            cursor.execute(f"ALTER TABLE events_event DETACH PARTITION {name}")
            cursor.execute(f"DROP TABLE {name}")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":
            raise
        return False
    return True
