"""Writing what the rules found."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from apps.campaigns.risk.base import Finding
from apps.campaigns.risk.facts import EntryFacts
from apps.campaigns.selectors.risk_facts import OPEN_FLAGS

#: Found again, it may have become worse; what a person has decided stays decided (C13).
_WRITE = """
INSERT INTO campaigns_flag AS f (run_id, entry_id, contribution_id, member_id, rule, key, score, evidence, state, note,
    appeal, created_at, updated_at)
SELECT %(run)s, %(entry)s, n.part, n.member, n.rule, n.key, n.score, n.evidence, 'open', '', '', %(now)s, %(now)s
FROM unnest(%(parts)s::bigint[], %(members)s::bigint[], %(rules)s::text[], %(keys)s::text[], %(scores)s::int[],
    %(evidence)s::jsonb[]) AS n(part, member, rule, key, score, evidence)
ORDER BY n.key
ON CONFLICT (run_id, key) DO UPDATE SET score = EXCLUDED.score, evidence = EXCLUDED.evidence, updated_at = %(now)s
WHERE f.state = 'open' AND EXCLUDED.score > f.score
RETURNING f.id"""
_OPEN_SCORE = f"SELECT COALESCE(sum(f.score), 0) FROM {OPEN_FLAGS} AND f.entry_id = %s"
_HEAVY = (
    f"SELECT f.entry_id FROM {OPEN_FLAGS} AND f.run_id = %s GROUP BY 1 HAVING sum(f.score) >= %s ORDER BY 1"
)


def write_findings(facts: EntryFacts, findings: Iterable[Finding], *, now: datetime) -> int:
    """Keep the findings about one entry as flags, each once; returns how many are new or worse.

    In the caller's transaction; two writers at once are put in line by the key.
    """
    found = list(findings)
    if not found:
        return 0
    values: dict[str, Any] = {
        "run": facts.run_id,
        "entry": facts.entry_id,
        "now": now,
        "parts": [one.part_id for one in found],
        "members": [one.member_id for one in found],
        "rules": [one.rule for one in found],
        "keys": [one.key for one in found],
        "scores": [one.score for one in found],
        "evidence": [json.dumps(dict(one.evidence)) for one in found],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        return len(cursor.fetchall())


def open_score(entry_id: int) -> int:
    """The sum of the entry's open flags."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_SCORE, [entry_id])
        return int(cursor.fetchone()[0])


def heavy_entries(run_id: int, hold_from: int) -> list[int]:
    """Entries of the run whose open flags sum up to ``hold_from`` or more."""
    with connection.cursor() as cursor:
        cursor.execute(_HEAVY, [run_id, hold_from])
        return [row[0] for row in cursor.fetchall()]
