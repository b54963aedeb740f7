"""A batch in one transaction: all of it that is right is written, once; or, if anything fails, none."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.analytics.services.ingesting.looking_up import look_up
from apps.analytics.services.ingesting.reading import Problem, Row, read_item
from apps.core.errors import Invalid
from apps.core.failpoints import failpoint
from apps.events.models import EventSource
from apps.events.schemas.registry import all_schemas
from apps.events.selectors.retention import AHEAD, kept_since

MOST_ITEMS = 5_000
MOST_ERRORS = 100

#: Keys first, in one order for every batch, so that two with the same keys wait for each other and never in a circle.
_KEYS = """
INSERT INTO events_sourcekey (source_id, digest, occurred_at)
SELECT %(source)s, given.digest, given.at
FROM unnest(%(digests)s::uuid[], %(times)s::timestamptz[]) AS given (digest, at) ORDER BY given.digest
ON CONFLICT DO NOTHING RETURNING replace(digest::text, '-', '')"""
#: Tier and source are in the rows: the trigger would look up the members one by one.
_COPY = """
COPY events_event (occurred_at, kind, key, team_id, group_id, member_id, subject, value, data, tier_id, source)
FROM STDIN"""


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
    # A kind that was given to the source once may be gone, or no longer come from outside.
    allowed = {kind: schemas[kind] for kind in source.kinds if kind in schemas and schemas[kind].is_outside}
    earliest, latest = kept_since(now), now + AHEAD
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
    """How many were new."""
    by_digest = {
        md5(row.key.encode(), usedforsecurity=False).hexdigest(): (row.occurred_at.isoformat(), row)
        for row in rows
    }
    with connection.cursor() as cursor:
        # Arrays as text: hexadecimal digits and times need no quotes, and lists are dumped item by item.
        digests = ",".join(by_digest)
        times = ",".join([at for at, _row in by_digest.values()])
        cursor.execute(_KEYS, {"source": source_id, "digests": f"{{{digests}}}", "times": f"{{{times}}}"})
        # In the order of time, since that is what most of the log's indexes end in.
        fresh = sorted([by_digest[digest] for (digest,) in cursor.fetchall()], key=itemgetter(0))
        with cursor.copy(_COPY) as copy:  # type: ignore[attr-defined]
            for at, row in fresh:
                copy.write_row(
                    (
                        at,
                        row.kind,
                        f"in:{source_id}:{row.key}",
                        row.team_id,
                        row.group_id,
                        row.member_id,
                        row.subject,
                        row.value,
                        _json(row.data),
                        row.tier_id,
                        row.source,
                    )
                )
        failpoint("events.copied")
    return len(fresh)


def _json(data: dict[str, Any]) -> str:
    """What a schema has let through: declared names, and mostly texts. A whole encoder for each would cost more than
    the rest of the row."""
    parts = [
        f'"{name}": {encode_basestring(value) if isinstance(value, str) else json.dumps(value)}'
        for name, value in data.items()
    ]
    return f"{{{', '.join(parts)}}}"
