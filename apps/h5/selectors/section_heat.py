"""How people read a version of a landing page, block by block, from what their browsers reported."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.enums import Section
from apps.campaigns.models import LandingVersion
from apps.events.enums import EventKind

#: A page that was open when its version was taken down still reports for a while.
_AFTER = timedelta(hours=3)
# A browser is named in an event's key: page:<run>:<version>:<browser>:<what>.
_SQL = """
WITH facts AS (
    SELECT kind, value, data->>'block' AS block, split_part(key, ':', 4) AS browser
      FROM events_event
     WHERE kind = ANY(%(kinds)s) AND occurred_at >= %(begin)s AND occurred_at < %(end)s
       AND subject = %(subject)s),
stays AS (
    SELECT block, browser, sum(value) AS seconds FROM facts WHERE kind = %(dwell)s GROUP BY block, browser)
SELECT COALESCE(block, ''),
       count(DISTINCT browser) FILTER (WHERE kind IN (%(page)s, %(view)s)),
       count(*) FILTER (WHERE kind = %(tap)s),
       count(DISTINCT browser) FILTER (WHERE kind = %(tap)s),
       (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM stays WHERE stays.block = facts.block)
  FROM facts GROUP BY block"""


@dataclass(frozen=True)
class BlockHeat:
    """``viewers`` are browsers that had the block on their screen, ``share`` of those that opened the page (0 to 1);
    ``seconds`` is the median time it stayed there, ``None`` if nobody reported any."""

    block: dict[str, Any]
    kind: Block
    place: int
    viewers: int
    share: float
    seconds: float | None
    taps: int
    tappers: int

    @property
    def section(self) -> str:
        return str(Section(self.block["section"]).label)

    @property
    def percent(self) -> int:
        return round(100 * self.share)


@dataclass(frozen=True)
class Heat:
    version: LandingVersion
    visitors: int
    blocks: list[BlockHeat]

    @property
    def coldest(self) -> BlockHeat | None:
        """Before which block most of those who were still reading stop: the largest step down."""
        steps = [
            (one.share - other.share, other) for one, other in zip(self.blocks, self.blocks[1:], strict=False)
        ]
        drop, block = max(steps, key=lambda pair: pair[0], default=(0.0, None))
        return block if drop >= 0.15 else None


def heat_of(version: LandingVersion, *, now: datetime) -> Heat:
    """One query over the events since the version went live."""
    kinds = {
        "page": EventKind.PAGE_VIEWED.value,
        "view": EventKind.PAGE_SECTION_VIEWED.value,
        "dwell": EventKind.PAGE_DWELLED.value,
        "tap": EventKind.PAGE_TAPPED.value,
    }
    begin = (version.published_at or version.created_at).replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                **kinds,
                "kinds": list(kinds.values()),
                "begin": begin,
                "end": (version.retired_at or now) + _AFTER,
                "subject": f"landing:{version.pk}",
            },
        )
        found = {block: rest for block, *rest in cursor.fetchall()}
    visitors = found.get("", [0])[0]
    known = all_blocks()
    blocks = []
    for place, block in enumerate(version.blocks, 1):
        if block["kind"] not in known:
            continue
        viewers, taps, tappers, seconds = found.get(block["id"], (0, 0, 0, None))
        blocks.append(
            BlockHeat(
                block=block,
                kind=known[block["kind"]],
                place=place,
                viewers=viewers,
                share=min(viewers / visitors, 1.0) if visitors else 0.0,
                seconds=float(seconds) if seconds is not None else None,
                taps=taps,
                tappers=tappers,
            )
        )
    return Heat(version, visitors, blocks)
