"""Rows in PostgreSQL's binary form: long arrays and sets come several times faster than as text."""

from functools import partial
from time import monotonic
from typing import Any, Self

import psycopg
from django.db import connection


def binary_cursor() -> "psycopg.Cursor[tuple[Any, ...]]":
    """A cursor of Django's own connection and transaction; pass ``binary=True`` to ``execute``.

    Django's cursors put parameters into the text themselves and so cannot ask for binary results. What this one
    executes passes Django's wrappers and stands in its log all the same: a test that counts queries counts these.
    """
    connection.ensure_connection()
    return _Logged(connection.connection)


class _Logged(psycopg.Cursor[tuple[Any, ...]]):
    def execute(self, query: Any, params: Any = None, **settings: Any) -> Self:
        def run(sql: Any, values: Any, _many: bool, _context: dict[str, Any]) -> Any:
            return super(_Logged, self).execute(sql, values, **settings)

        step: Any = run
        for wrapper in reversed(connection.execute_wrappers):
            step = partial(wrapper, step)
        started = monotonic()
        try:
            step(query, params, False, {"connection": connection, "cursor": self})
        finally:
            if connection.queries_logged:
                took = f"{monotonic() - started:.3f}"
                connection.queries_log.append({"sql": str(query), "time": took})
        return self
