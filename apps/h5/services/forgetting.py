"""Letting go of who a visit belonged to, once nobody needs to know (PIPL); the visit itself stays a number."""

from datetime import datetime, timedelta

from django.db import connection, transaction

#: As long as a browser keeps our cookie at most; the terms that members agree to say so.
KEPT = timedelta(days=400)
_AT_ONCE = 5_000
_UNLINK = """
UPDATE h5_visitor SET member_id = NULL, device_hash = ''
WHERE id IN (
  SELECT id FROM h5_visitor
  WHERE first_seen_at < %(before)s AND (member_id IS NOT NULL OR device_hash <> '')
  ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)"""


@transaction.atomic
def unlink_old_visitors(*, now: datetime) -> int:
    """Take member and device from some visitors that came first more than ``KEPT`` ago; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_UNLINK, {"before": now - KEPT, "most": _AT_ONCE})
        return cursor.rowcount
