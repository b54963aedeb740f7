"""What grants take from a run's budget and a benefit's stock. Conditions are in the statement, never read before.

Locks: the run's stock row first, then benefits by ascending id.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.db import connection

from apps.campaigns.models import Benefit

#: C3: the condition and the CHECK behind it are why the budget holds.
_SPEND = """
UPDATE campaigns_runstock SET granted_cost = granted_cost + %(cost)s
WHERE run_id = %(run)s AND (budget IS NULL OR granted_cost + %(cost)s <= budget)"""
_UNSPEND = "UPDATE campaigns_runstock SET granted_cost = granted_cost - %(cost)s WHERE run_id = %(run)s"
_COLUMNS = [field.attname for field in Benefit._meta.concrete_fields]
_TAKE = f"""
UPDATE campaigns_benefit SET issued = issued + %(quantity)s
WHERE id = %(benefit)s AND (stock IS NULL OR issued + %(quantity)s <= stock) RETURNING {", ".join(_COLUMNS)}"""
_PUT_BACK = "UPDATE campaigns_benefit SET issued = issued - %(quantity)s WHERE id = %(benefit)s"


def spend(*, run_id: int, cost: Decimal) -> bool:
    """Count ``cost`` against the run's budget; False, and nothing changed, if it does not fit."""
    if not cost:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, {"run": run_id, "cost": cost})
        return cursor.rowcount == 1


def unspend(*, run_id: int, cost: Decimal) -> None:
    """Take ``cost`` off what the run has given."""
    if cost:
        with connection.cursor() as cursor:
            cursor.execute(_UNSPEND, {"run": run_id, "cost": cost})


def take(*, benefit_id: int, quantity: int) -> Benefit | None:
    """Count ``quantity`` as issued and return the benefit, locked; ``None`` if its stock does not allow it."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"benefit": benefit_id, "quantity": quantity})
        row = cursor.fetchone()
    # A raw query set would resolve every column anew at every verb.
    return None if row is None else Benefit.from_db(connection.alias, _COLUMNS, row)


def put_back(*, benefit_id: int, quantity: int) -> None:
    """Count ``quantity`` as not issued after all."""
    with connection.cursor() as cursor:
        cursor.execute(_PUT_BACK, {"benefit": benefit_id, "quantity": quantity})


def lock(*, run_id: int, benefit_ids: Iterable[int]) -> None:
    """Lock what a void or a funding will change, in the house's order, before it locks grants."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM campaigns_runstock WHERE run_id = %s FOR NO KEY UPDATE", [run_id])
        cursor.execute(
            "SELECT count(*) FROM (SELECT id FROM campaigns_benefit WHERE id = ANY(%s)"
            " ORDER BY id FOR NO KEY UPDATE) locked",
            [list(benefit_ids)],
        )
