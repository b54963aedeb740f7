"""Taking a guard away for a control: what a race test proves, it must see fail without the guard."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from apps.campaigns.services.engine import rows


@contextmanager
def without_constraint(table: str, *names: str) -> Iterator[None]:
    """Drop CHECKs and unique indexes of ``table``; put them back at the end, when its rows have been deleted."""
    with connection.cursor() as cursor:
        again = []
        for name in names:
            cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
            if row := cursor.fetchone():
                again.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {row[0]}")
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            else:
                cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
                again.append(cursor.fetchone()[0])
                cursor.execute(f"DROP INDEX {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            for statement in again:
                cursor.execute(statement)


@contextmanager
def without_row_locks(monkeypatch) -> Iterator[None]:
    """The engine reads without locking anything."""
    with monkeypatch.context() as patch:
        for name in ("LOCK_ENTRIES", "LOCK_ENTRY_FOR_MEMBER", "LOCK_RUN_FOR_MEMBER"):
            sql = getattr(rows, name)
            patch.setattr(rows, name, sql[: sql.index("FOR NO KEY" if "FOR NO KEY" in sql else "FOR SHARE")])
        yield


@contextmanager
def without_shared_run(monkeypatch) -> Iterator[None]:
    """Verbs lock their entry but do not share the run's row: whoever closes it does not wait for them."""
    with monkeypatch.context() as patch:
        for name in ("LOCK_ENTRIES", "LOCK_ENTRY_FOR_MEMBER", "LOCK_RUN_FOR_MEMBER"):
            sql = getattr(rows, name)
            assert "FOR SHARE OF r" in sql
            patch.setattr(rows, name, sql.replace("FOR SHARE OF r", ""))
        yield
