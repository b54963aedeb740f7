"""The facts of one step, read once into a temporary table with their dimensions spelled out."""

from typing import Any

from django.db.backends.utils import CursorWrapper

from apps.analytics.metrics.facts import ACTIVE_KINDS, DERIVATIONS, KEYS, VARIANTS
from apps.analytics.selectors.periods import business_zone

_COLUMNS = ", ".join(f'({sql})::varchar(60) COLLATE "C" AS d_{dim.value}' for dim, sql in KEYS.items())
_VARIANT = (
    "CASE e.kind "
    + " ".join(f"WHEN '{kind}' THEN left({sql}, 40)" for kind, sql in VARIANTS.items())
    + " ELSE '' END"
)

_DERIVED = "".join(
    f"\n  UNION ALL SELECT '{kind}', '', {value}, {member} WHERE {condition}"
    for kind, (value, member, condition) in DERIVATIONS.items()
)

_CREATE = f"""
CREATE TEMPORARY TABLE analytics_batch AS
SELECT (e.occurred_at AT TIME ZONE %(zone)s)::date AS day,
  date_trunc('hour', e.occurred_at, %(zone)s) AS hour,
  e.occurred_at, coalesce(e.team_id, 0) AS team_id, k.kind COLLATE "C" AS kind,
  k.variant COLLATE "C" AS variant, k.value, k.member_id, e.group_id,
  {_COLUMNS}
FROM events_event e CROSS JOIN LATERAL (
  SELECT e.kind AS kind, {_VARIANT} AS variant, coalesce(e.value, 0) AS value, e.member_id AS member_id{_DERIVED}) k
WHERE {{where}}
"""


def read_batch(cursor: CursorWrapper, where: str, values: dict[str, Any]) -> int:
    """Fill ``analytics_batch`` with the facts that fulfil ``where`` (over ``e``); returns its rows."""
    # A batch is sorted a dozen times: in memory, by bytes rather than by a language's rules.
    cursor.execute("SET LOCAL work_mem = '128MB'; DROP TABLE IF EXISTS pg_temp.analytics_batch")
    cursor.execute(
        _CREATE.format(where=where),
        {"zone": business_zone().key, "active": [str(kind) for kind in ACTIVE_KINDS], **values},
    )
    rows = cursor.rowcount
    if rows:
        cursor.execute("ANALYZE analytics_batch")
    return rows


def drop_batch(cursor: CursorWrapper) -> None:
    cursor.execute("DROP TABLE IF EXISTS pg_temp.analytics_batch")
