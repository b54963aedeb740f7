"""The incremental step."""

from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from apps.analytics.models import Watermark
from apps.analytics.services.rolling.batch import drop_batch, read_batch
from apps.analytics.services.rolling.days import add_days, add_hours
from apps.analytics.services.rolling.firsts import add_firsts
from apps.analytics.services.rolling.people import add_arrivals, add_stays, add_values
from apps.core.failpoints import failpoint

#: So many transactions' facts at most are held in memory by one step.
_STEP = 50_000


def roll(*, now: datetime) -> int:
    """Count the facts of all transactions that have ended since the last time; returns how many rows were read.

    Facts are told apart by the transaction that wrote them: a transaction is counted when it and all before it have
    ended, so that none is missed or counted twice however they overlap. Two ticks at once: the second returns 0.
    Does nothing while a :func:`rebuild` is needed, see :func:`needs_rebuild`.
    """
    counted = 0
    while True:
        rows, is_done = _step(now)
        counted += rows
        if is_done:
            return counted


@transaction.atomic
def _step(now: datetime) -> tuple[int, bool]:
    if needs_rebuild():
        return 0, True
    mark = Watermark.objects.select_for_update(skip_locked=True).first()
    if mark is None:
        return 0, True
    with connection.cursor() as cursor:
        horizon = ended_before(cursor)
        upto = min(horizon, mark.txid + _STEP) if mark.txid else horizon
        rows = read_batch(
            cursor,
            "e.txid >= %(since)s AND e.txid < %(upto)s AND e.id > %(floor)s",
            {"since": mark.txid, "upto": upto, "floor": mark.floor_id},
        )
        if rows:
            add_batch(cursor, mark)
        drop_batch(cursor)
        failpoint("analytics.before_watermark")
        mark.txid, mark.rolled_at = upto, now
        mark.save(update_fields=["txid", "rolled_at"])
    return rows, upto == horizon


def needs_rebuild() -> bool:
    """Whether the rollups have no beginning yet, or were made on another cluster (whose transactions are numbered
    anew) or for another time zone."""
    mark = Watermark.objects.first()
    if mark is None or mark.timezone != settings.TIME_ZONE:
        return True
    with connection.cursor() as cursor:
        return mark.cluster != cluster_of(cursor)


def add_batch(
    cursor: CursorWrapper, mark: Watermark, *, is_whole: bool = False, is_again: bool = False
) -> None:
    """Add what ``analytics_batch`` holds to every rollup.

    ``is_whole``: nothing of its days was counted before. ``is_again``: what members have bought was, so that is left.
    """
    add_days(cursor, is_whole=is_whole)
    add_hours(cursor, mark.hours_from or date.min)
    if not is_again:
        add_values(cursor)
    add_stays(cursor)
    add_firsts(cursor)
    add_arrivals(cursor)


def ended_before(cursor: CursorWrapper) -> int:
    """All transactions with a lower number have ended, and what they wrote is seen."""
    cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return int(cursor.fetchone()[0])


def cluster_of(cursor: CursorWrapper) -> int:
    """The number that PostgreSQL gave this cluster when it was made."""
    cursor.execute("SELECT system_identifier FROM pg_control_system()")
    return int(cursor.fetchone()[0])
