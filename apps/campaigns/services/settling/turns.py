"""One worker at a time settles a run."""

from django.db import connection


def is_mine(run_id: int) -> bool:
    """Take the run's settlement until the end of this transaction; False if another worker has it (D7).

    An advisory lock of the transaction, not the run's row: verbs that share the row go on, and a step may lock
    entries first, as they do. What makes a step safe without it are its conditions and unique keys; it keeps two
    workers from doing the same work side by side.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"settle:{run_id}"])
        return bool(cursor.fetchone()[0])
