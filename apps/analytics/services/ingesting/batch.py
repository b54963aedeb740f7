"""A batch in one transaction: all of it that is right is written, once; or, if anything fails, none."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.analytics.services.ingesting.looking_up import look_up
from apps.analytics.services.ingesting.reading import Problem, Row, read_item
from apps.core.errors import Invalid
from apps.core.failpoints import failpoint
from apps.events.models import EventSource
from apps.events.schemas.registry import all_schemas
from apps.events.selectors.retention import kept_since
from apps.members.selectors.teams import ONLY_TEAM

MOST_ITEMS = 5_000
MOST_ERRORS = 100
#: Clocks differ.
_AHEAD = timedelta(minutes=5)

_CREATE = """
CREATE TEMPORARY TABLE events_incoming (
  kind varchar, key varchar, occurred_at timestamptz, team_id bigint, group_id bigint, member_id bigint,
  subject varchar, value numeric, data text) ON COMMIT DROP"""
_COPY = "COPY events_incoming (kind, key, occurred_at, team_id, group_id, member_id, subject, value, data) FROM STDIN"
#: Keys first, in one order for every batch, so that two with the same keys wait for each other and never in a circle.
#: Tier and source are stamped here: the trigger would look up the members one by one.
_WRITE = f"""
WITH fresh AS (
  INSERT INTO events_sourcekey (source_id, digest, occurred_at)
  SELECT %(source)s, md5(i.key)::uuid, i.occurred_at FROM events_incoming i ORDER BY 2
  ON CONFLICT DO NOTHING RETURNING digest)
INSERT INTO events_event
  (occurred_at, kind, key, team_id, group_id, member_id, subject, value, data, tier_id, source)
SELECT i.occurred_at, i.kind, 'in:' || %(source)s || ':' || i.key,
  CASE WHEN i.team_id IS NULL AND i.member_id IS NOT NULL
    THEN {ONLY_TEAM.format(member="i.member_id")} ELSE i.team_id END,
  i.group_id, i.member_id, i.subject, i.value, i.data::jsonb, m.tier_id, m.source
FROM events_incoming i JOIN fresh ON fresh.digest = md5(i.key)::uuid
LEFT JOIN members_member m ON m.id = i.member_id"""
_JSON = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Answer:
    """``accepted`` + ``known`` + ``rejected`` is what was sent; ``errors`` are the first hundred of the rejected."""

    accepted: int
    known: int
    rejected: int
    errors: tuple[Problem, ...]


def ingest(*, source: EventSource, items: Sequence[Any], now: datetime) -> Answer:
    """Write the facts of a batch.

    The same key from the same source is one fact for ever, even with another time: the repeat counts as known. What
    does not fit its schema, or names a group, member or campaign outside of the source's team, is rejected alone.
    Raises ``Invalid`` for more than ``MOST_ITEMS``.
    """
    if len(items) > MOST_ITEMS:
        raise Invalid(
            _("一批最多 %(most)d 个事件。") % {"most": MOST_ITEMS}, hint=_("请分几批发。"), field="events"
        )
    schemas = all_schemas()
    allowed = {kind: schemas[kind] for kind in source.kinds if schemas[kind].is_outside}
    earliest, latest = kept_since(now), now + _AHEAD
    rows: dict[str, Row] = {}
    problems: list[Problem] = []
    repeats = 0
    for index, item in enumerate(items):
        read = read_item(index, item, schemas=allowed, earliest=earliest, latest=latest)
        if isinstance(read, Problem):
            problems.append(read)
        elif read.key in rows:
            repeats += 1
        else:
            rows[read.key] = read
    with transaction.atomic():
        found, unknown = look_up(rows.values(), team_id=source.team_id)
        accepted = _write(found, source.pk) if found else 0
    problems = sorted([*problems, *unknown], key=lambda problem: problem.index)
    return Answer(
        accepted=accepted,
        known=len(found) - accepted + repeats,
        rejected=len(problems),
        errors=tuple(problems[:MOST_ERRORS]),
    )


def _write(rows: list[Row], source_id: int) -> int:
    with connection.cursor() as cursor:
        # Twice in one transaction only in tests; a commit drops it.
        cursor.execute("DROP TABLE IF EXISTS pg_temp.events_incoming")
        cursor.execute(_CREATE)
        with cursor.copy(_COPY) as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(
                    (
                        row.kind,
                        row.key,
                        row.occurred_at,
                        row.team_id,
                        row.group_id,
                        row.member_id,
                        row.subject,
                        row.value,
                        _JSON(row.data),
                    )
                )
        failpoint("events.copied")
        cursor.execute(_WRITE, {"source": source_id})
        return cursor.rowcount
