"""Bringing scores up to date from their source: set by set, and only what changed since the last time."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from apps.campaigns.enums import UNSETTLED_RUN_STATES
from apps.campaigns.models import Run
from apps.campaigns.selectors.plans import Plan, plan_of
from apps.campaigns.services.scoring.applying import Change, Row, apply_change
from apps.campaigns.services.scoring.sources import SEATS, SOURCES

logger = logging.getLogger(__name__)

#: Rows are written by transactions that may be longer than a tick: looked at again for this long.
OVERLAP = timedelta(minutes=10)
#: What came late (an import of older orders, an inviter filled in afterwards) is found by a whole look, this often.
WHOLE_EVERY = timedelta(hours=1)
#: Entries whose scores one transaction changes.
CHUNK = 5_000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_ADDED_OR_CHANGED = """
WITH {seats}, source AS ({rows})
SELECT s.entry_id, s.member_id, s.key, s.value, s.at, s.data, c.id
FROM source AS s LEFT JOIN campaigns_contribution AS c
  ON c.run_id = %(run)s AND c.entry_id = s.entry_id AND c.key = s.key
WHERE (c.id IS NULL AND s.value > 0) OR (c.state = 'counted' AND c.value <> s.value)
ORDER BY s.entry_id"""


def collect_scores(*, now: datetime) -> int:
    """Collect for every run that is not settling yet; returns how many contributions were added, changed or voided.

    A run that fails is logged and tried again by the next tick; settling collects once more and tells people.
    """
    changed = 0
    for run_id in (
        Run.objects.filter(state__in=UNSETTLED_RUN_STATES).order_by("pk").values_list("pk", flat=True)
    ):
        try:
            changed += collect_run(run_id=run_id, now=now)
        except OperationalError as error:  # a deadlock, a lock that took too long
            logger.warning("scores of run %s are busy: %s", run_id, error)
        except Exception:
            logger.exception("scores of run %s could not be collected", run_id)
    return changed


def collect_run(*, run_id: int, now: datetime, is_whole: bool = False) -> int:
    """Collect one run's scores; returns how many contributions were added, changed or voided. Twice is once.

    ``is_whole`` looks at the whole window, not only at what is new since ``Run.scored_until``. Entries are changed
    in transactions of ``CHUNK``; each looks again under its locks at what it writes.
    """
    run = Run.objects.select_related("campaign").get(pk=run_id)
    plan = plan_of(run.pk, run.revision)
    source = plan.mechanic.score_source(plan.rules)
    if source is None or run.state not in UNSETTLED_RUN_STATES:
        return 0
    values = _values(run, now, is_whole=is_whole or _is_time_for_whole(run, now))
    changed = 0
    for change in _chunks(_read(plan, values)):
        changed += apply_change(plan, change, now=now)
    _remember(run, now)
    return changed


@transaction.atomic
def _remember(run: Run, now: datetime) -> None:
    """Not while verbs share the row: on a hot run it might never come free, and forgetting costs one longer look."""
    rows = Run.objects.select_for_update(no_key=True, skip_locked=True)
    free = rows.filter(pk=run.pk, state__in=UNSETTLED_RUN_STATES).first()
    if free is not None:
        Run.objects.filter(pk=run.pk).update(scored_until=now)


def _is_time_for_whole(run: Run, now: datetime) -> bool:
    last = run.scored_until
    return last is None or int(last.timestamp() // WHOLE_EVERY.total_seconds()) != int(
        now.timestamp() // WHOLE_EVERY.total_seconds()
    )


def _values(run: Run, now: datetime, *, is_whole: bool) -> dict[str, Any]:
    groups = list(run.campaign.groups.values_list("pk", flat=True))
    since = _NEVER if is_whole or run.scored_until is None else run.scored_until - OVERLAP
    return {
        "run": run.pk,
        "opens": run.opens_at,
        "closes": min(run.closes_at, run.closed_at or run.closes_at),
        "since": since,
        "groups": groups or None,
        "own_points": f"run:{run.pk}:%",
    }


def _read(plan: Plan, values: dict[str, Any]) -> tuple[list[Row], list[tuple[int, int]]]:
    """What should change: rows to add or to bring to another value, and (part, entry) of what is gone."""
    kind = plan.mechanic.score_source(plan.rules)
    assert kind is not None
    source = SOURCES[kind]
    with connection.cursor() as cursor:
        cursor.execute(_ADDED_OR_CHANGED.format(seats=SEATS, rows=source.rows), values)
        rows = [Row(*row) for row in cursor.fetchall()]
        gone: list[tuple[int, int]] = []
        if source.gone:
            cursor.execute(source.gone, values)
            gone = cursor.fetchall()
    return rows, gone


def _chunks(found: tuple[list[Row], list[tuple[int, int]]]) -> Iterator[Change]:
    rows, gone = found
    by_entry: dict[int, Change] = {}
    for row in rows:
        by_entry.setdefault(row.entry_id, Change([], [])).rows.append(row)
    for part_id, entry_id in gone:
        by_entry.setdefault(entry_id, Change([], [])).gone.append(part_id)
    entries = sorted(by_entry)
    for start in range(0, len(entries), CHUNK):
        group = [by_entry[entry_id] for entry_id in entries[start : start + CHUNK]]
        yield Change(
            rows=[row for change in group for row in change.rows],
            gone=[part for change in group for part in change.gone],
            entries=entries[start : start + CHUNK],
        )
