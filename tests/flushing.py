"""Emptying the database after a test with real commits: only what has rows, and what every migrate brings stays.

Django's own flush truncates every table and brings permissions, roles and periodic tasks again: half a second each time.
"""

from functools import cache
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase

#: What migrations and their signals fill, and tests hardly ever change.
BROUGHT = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
    "django_celery_beat_intervalschedule",
    "django_celery_beat_periodictask",
    "django_celery_beat_periodictasks",
)
_own_teardown = TransactionTestCase._fixture_teardown


def install() -> None:
    """Take Django's place. The database is as migrations left it."""
    _brought_at_first()
    TransactionTestCase._fixture_teardown = _teardown


def _teardown(case: TransactionTestCase) -> None:
    if case.available_apps is not None or case.reset_sequences or case.serialized_rollback:
        _own_teardown(case)
    elif _brought() != _brought_at_first():
        call_command("flush", verbosity=0, interactive=False)
        _brought_at_first.cache_clear()
        _brought_at_first()
    else:
        _empty()


@cache
def _tables() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        return tuple(name for (name,) in cursor.fetchall() if name not in BROUGHT)


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM \"{name}\" LIMIT 1)" for name in _tables()))
        if full := [name for (name,) in cursor.fetchall()]:
            cursor.execute("TRUNCATE " + ", ".join(f'"{name}"' for name in full) + " CASCADE")


def _brought() -> list[Any]:
    """A digest of what migrates bring; ticks of beat do not count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM django_content_type t),"
            " (SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM auth_permission t),"
            " (SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM auth_group t),"
            " (SELECT md5(string_agg(group_id || '-' || permission_id, '|' ORDER BY group_id, permission_id))"
            "    FROM auth_group_permissions),"
            " (SELECT md5(string_agg(concat_ws('|', id, name, task, interval_id, crontab_id, enabled, queue), '|'"
            "    ORDER BY id)) FROM django_celery_beat_periodictask)"
        )
        return list(cursor.fetchone())


@cache
def _brought_at_first() -> list[Any]:
    return _brought()
