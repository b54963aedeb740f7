"""All rollups anew from the facts."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from apps.analytics.models import (
    Arrival,
    DayFigure,
    FirstDay,
    HourFigure,
    MemberSet,
    MemberValue,
    Stay,
    Watermark,
)
from apps.analytics.selectors.periods import business_zone
from apps.analytics.services.rolling.batch import drop_batch, read_batch
from apps.analytics.services.rolling.hours import forget_hours
from apps.analytics.services.rolling.people import add_values
from apps.analytics.services.rolling.tick import add_batch, cluster_of, ended_before, needs_rebuild

#: So many facts at most are read into one batch, unless a single day has more.
_BATCH = 200_000
_TABLES = (DayFigure, HourFigure, FirstDay, MemberSet, Stay, MemberValue, Arrival)
#: The caller's own facts are seen by it although its transaction has not ended.
_COUNTED = (
    "(e.txid < %(upto)s OR e.id <= %(floor)s OR e.txid = pg_current_xact_id_if_assigned()::text::bigint)"
)


@transaction.atomic
def rebuild(*, now: datetime, only_if_needed: bool = False) -> int:
    """Empty the rollups and fill them from the whole log; returns how many rows were read (A1).

    Readers see the old figures until the new ones are there; ticks pass by. Facts that are written meanwhile are
    counted by the next tick. Call it in a transaction that writes no facts. ``only_if_needed`` is for ticks: it
    returns 0 while another one is at it, or when nothing calls for it any more.
    """
    Watermark.objects.get_or_create(pk=1)
    mark = Watermark.objects.select_for_update(skip_locked=only_if_needed).filter(pk=1).first()
    if mark is None or (only_if_needed and not needs_rebuild()):
        return 0
    with connection.cursor() as cursor:
        uncounted = f"(e.txid >= {mark.txid} AND e.id > {mark.floor_id})"
        _settle_cluster(cursor, mark)
        horizon = ended_before(cursor)
        since = _start_of(mark.kept_from) if mark.kept_from else None
        _clear(mark)
        forget_hours(mark, now=now)
        counted = 0
        for start, end in _stretches(cursor, mark.kept_from):
            rows = read_batch(
                cursor,
                f"e.occurred_at >= %(start)s AND e.occurred_at < %(end)s AND {_COUNTED}",
                {"start": start, "end": end, "upto": horizon, "floor": mark.floor_id},
            )
            if rows:
                add_batch(cursor, mark, is_whole=True, is_again=since is not None)
            counted += rows
        if since:
            counted += _add_late(cursor, mark, uncounted, since, horizon)
        drop_batch(cursor)
        mark.txid, mark.rolled_at, mark.timezone = horizon, now, settings.TIME_ZONE
        mark.save()
    return counted


def _clear(mark: Watermark) -> None:
    """Empty what will be filled again: everything, or only the days whose facts are still there.

    Cohorts and stays are then filled up as if the same facts came again, which changes nothing; what somebody has
    bought cannot be, since it adds up.
    """
    if mark.kept_from is None:
        for table in _TABLES:
            table.objects.all().delete()
        return
    DayFigure.objects.filter(day__gte=mark.kept_from).delete()
    HourFigure.objects.filter(hour__gte=_start_of(mark.kept_from)).delete()


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), business_zone())


def _add_late(cursor: CursorWrapper, mark: Watermark, uncounted: str, since: datetime, horizon: int) -> int:
    """After facts were dropped: those that no tick has counted, into the days before and onto the members."""
    values = {"since": since, "upto": horizon}
    old = read_batch(cursor, f"e.occurred_at < %(since)s AND e.txid < %(upto)s AND {uncounted}", values)
    if old:
        add_batch(cursor, mark)
    new = read_batch(cursor, f"e.occurred_at >= %(since)s AND e.txid < %(upto)s AND {uncounted}", values)
    if new:
        add_values(cursor)
    return old


def _settle_cluster(cursor: CursorWrapper, mark: Watermark) -> None:
    """After a move to another cluster: everything that is there now counts as old, whatever its transaction."""
    cluster = cluster_of(cursor)
    if mark.cluster and mark.cluster != cluster:
        # Waits for writers and holds them up, so that no lower id can appear behind the floor. It happens once.
        cursor.execute("LOCK TABLE events_event IN SHARE MODE")
        cursor.execute("SELECT coalesce(max(id), 0) FROM events_event")
        mark.floor_id = int(cursor.fetchone()[0])
    mark.cluster = cluster


def _stretches(cursor: CursorWrapper, since: date | None) -> list[tuple[datetime, datetime]]:
    """The days of the business zone that have facts, from ``since`` on, as instants; several of them together while
    they are small: what a step costs whatever it reads is then paid once."""
    zone = business_zone()
    cursor.execute(
        "SELECT (occurred_at AT TIME ZONE %s)::date, count(*) FROM events_event GROUP BY 1 ORDER BY 1",
        [zone.key],
    )
    found: list[tuple[datetime, datetime]] = []
    start, size = None, 0
    for day, facts in cursor.fetchall():
        if since and day < since:
            continue
        if start is None or size + facts > _BATCH:
            start, size = datetime.combine(day, time(), zone), 0
            found.append((start, start))
        size += facts
        found[-1] = start, datetime.combine(day + timedelta(days=1), time(), zone)
    return found
