"""The database clock: what is due is decided by PostgreSQL, not by a worker's watch (D7)."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return PostgreSQL's ``clock_timestamp()`` as an aware UTC datetime."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
