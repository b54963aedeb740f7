"""Emptying our tables before a fresh load."""

from django.apps import apps
from django.db import connection, transaction

#: Kept: Django's own groups and permissions (roles), migrations, beat's ticks.
_ALSO = ("django_admin_log", "django_session", "axes_accessattempt", "axes_accesslog")


@transaction.atomic
def empty_tables() -> list[str]:
    """Truncate every table of our apps, with log-ins and admin history; returns their names."""
    ours = {
        model._meta.db_table
        for config in apps.get_app_configs()
        if config.name.startswith("apps.")
        for model in config.get_models(include_auto_created=True)
        if model._meta.managed
    }
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        tables = sorted((ours | set(_ALSO)) & present)
        names = ", ".join(connection.ops.quote_name(table) for table in tables)
        # Numbers go on: processes that are up keep plans and figures by a row's number, and must not meet another
        # row under it.
        cursor.execute(f"TRUNCATE {names} CONTINUE IDENTITY CASCADE")
    return tables
