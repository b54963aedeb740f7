"""Conversions that a crash has lost: the engine had committed, and nobody was left to write down what led to it."""

from datetime import datetime, timedelta

from django.db import connection

from apps.campaigns.enums import PartState
from apps.h5.enums import ConversionKind
from apps.h5.services.attribution import record_conversion

#: The request itself comes first: it knows the browser, this does not.
GRACE = timedelta(minutes=2)
LOOK_BACK = timedelta(days=1)
_AT_ONCE = 500
#: Per run and kind, newest first, so that a tick costs the same in the busiest run.
_NEWEST = 20_000
_SEEN = """
EXISTS (SELECT FROM h5_visitor v JOIN h5_touch t ON t.visitor_id = v.id
        WHERE v.member_id = {member} AND t.run_id = {run} AND t.at <= {at})"""
_GAPS = f"""
WITH recent AS MATERIALIZED (
  SELECT id FROM campaigns_run WHERE opens_at <= %(until)s AND closes_at > %(since)s)
SELECT %(entry)s, e.id, e.run_id, e.owner_id, e.opened_at
FROM recent CROSS JOIN LATERAL (
  SELECT id, run_id, owner_id, opened_at FROM campaigns_entry
  WHERE run_id = recent.id ORDER BY id DESC LIMIT %(newest)s) e
WHERE e.opened_at > %(since)s AND e.opened_at <= %(until)s
  AND {_SEEN.format(member="e.owner_id", run="e.run_id", at="e.opened_at")}
  AND NOT EXISTS (SELECT FROM h5_conversion k
                  WHERE k.run_id = e.run_id AND k.kind = %(entry)s AND k.ref = e.id)
UNION ALL
SELECT %(part)s, c.id, c.run_id, c.member_id, c.at
FROM recent CROSS JOIN LATERAL (
  SELECT id, run_id, entry_id, member_id, at, state FROM campaigns_contribution
  WHERE run_id = recent.id ORDER BY id DESC LIMIT %(newest)s) c
JOIN campaigns_entry e ON e.id = c.entry_id AND e.owner_id <> c.member_id
WHERE c.at > %(since)s AND c.at <= %(until)s AND c.state <> %(void)s
  AND {_SEEN.format(member="c.member_id", run="c.run_id", at="c.at")}
  AND NOT EXISTS (SELECT FROM campaigns_contribution o
                  WHERE o.entry_id = c.entry_id AND o.member_id = c.member_id
                    AND o.id < c.id AND o.state <> %(void)s)
  AND NOT EXISTS (SELECT FROM h5_conversion k
                  JOIN campaigns_contribution o ON o.id = k.ref
                    AND o.entry_id = c.entry_id AND o.member_id = c.member_id
                  WHERE k.run_id = c.run_id AND k.kind = %(part)s)
ORDER BY 5, 2 LIMIT %(most)s"""


def fill_gaps(*, now: datetime) -> int:
    """Record the conversions that recent entries and first contributions should have and have not, each with the
    touches as of its own time; returns how many were found.

    Only for members who had come by a page of the run before: who plays elsewhere leaves no visit. Again changes
    nothing. The browser is not known any more, so what counts is every browser that was the member's.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _GAPS,
            {
                "entry": ConversionKind.ENTRY.value,
                "part": ConversionKind.PART.value,
                "void": PartState.VOID.value,
                "since": now - LOOK_BACK,
                "until": now - GRACE,
                "newest": _NEWEST,
                "most": _AT_ONCE,
            },
        )
        found = cursor.fetchall()
    for kind, ref, run_id, member_id, at in found:
        record_conversion(kind=kind, ref=ref, run_id=run_id, member_id=member_id, visitor_token="", now=at)
    return len(found)
