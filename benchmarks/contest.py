"""A contest at 100,000 participants: its settlement against plain SQL, and its board against one of 100.

``settlement``: everything from ``closed`` to ``settled`` through the service, against plain SQL on the same rows of
a second contest: the window query with the UPDATE of ranks and states, and one INSERT of the same grants. Events,
which both kinds of rows have in the house, are the service's own cost (``plain_with_events`` adds them). 1,000
prizes, and 100,000. Each is run ``CONTEST_ROUNDS`` (default 3) times on contests of their own, in
turns; medians.

``board``: the page's rows, total, one's own rank and gap, for random members, with the posts in the cache, and what
setting the posts takes, which happens once in ten seconds.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

PARTICIPANTS = 100_000
ROUNDS = int(os.environ.get("CONTEST_ROUNDS", "3"))
FIRST_MEMBER = 9_000_001
PRIZES = {"1,000 prizes": 1_000, "100,000 prizes": 100_000}

_PLAIN_RANK = """
WITH board AS (SELECT id, row_number() OVER (ORDER BY score DESC, score_at, id) AS rank
  FROM campaigns_entry WHERE run_id = %(run)s AND state = 'open')
UPDATE campaigns_entry AS e SET rank = b.rank, state = CASE WHEN b.rank <= %(prizes)s THEN 'won' ELSE 'failed' END,
  ended_at = now(), updated_at = now() FROM board AS b WHERE e.id = b.id"""
_PLAIN_GRANTS = """
INSERT INTO campaigns_grant (run_id, entry_id, member_id, benefit_id, kind, slot, give_key, key, quantity, cost,
  face_value, state, updated_at, address)
SELECT run_id, id, owner_id, %(benefit)s, 'physical', %(slot)s, %(slot)s, id || ':' || %(slot)s || ':' || %(benefit)s,
  1, 1, 2, 'awaiting_address', now(), '' FROM campaigns_entry WHERE run_id = %(run)s AND state = 'won' ORDER BY rank"""
_PLAIN_EVENTS = """
INSERT INTO events_event (occurred_at, kind, key, member_id, subject, data)
SELECT now(), 'campaign.succeeded', 'entry:' || id || ':' || state, owner_id, 'entry:' || id,
  jsonb_build_object('campaign', 1, 'run', run_id, 'mechanic', 'contest', 'entry', id, 'owner', owner_id, 'reason',
    'ranked', 'rank', rank) FROM campaigns_entry WHERE run_id = %(run)s
UNION ALL
SELECT now(), 'benefit.granted', 'grant:' || id || ':granted', member_id, 'grant:' || id,
  jsonb_build_object('campaign', 1, 'run', run_id, 'entry', entry_id, 'benefit', benefit_id, 'kind', kind, 'slot',
    slot, 'quantity', quantity, 'face_value', face_value::text) FROM campaigns_grant WHERE run_id = %(run)s"""


def run() -> Iterator[dict[str, Any]]:
    """Yield one dict per case: seconds or milliseconds of both sides, and the ratio."""
    from django.core.management import call_command
    from django.utils import timezone

    from apps.events.services.partitions import ensure_partitions

    call_command("migrate", verbosity=0)
    ensure_partitions(now=timezone.now())
    _members()
    yield {"case": "board", **_boards()}
    for case, prizes in PRIZES.items():
        yield {"case": f"settlement, {case}", **_settlements(prizes)}


def _settlements(prizes: int) -> dict[str, Any]:
    ours, plain, with_events = [], [], []
    for _round in range(ROUNDS):
        ours.append(_timed(lambda run_id, _slot, _benefit: _settle(run_id), prizes))
        plain.append(_timed(_plainly(prizes, _PLAIN_RANK, _PLAIN_GRANTS), prizes))
        with_events.append(_timed(_plainly(prizes, _PLAIN_RANK, _PLAIN_GRANTS, _PLAIN_EVENTS), prizes))
    seconds, floor, floor_with_events = map(statistics.median, (ours, plain, with_events))
    return {
        "participants": PARTICIPANTS,
        "seconds": round(seconds, 2),
        "plain_seconds": round(floor, 2),
        "plain_with_events_seconds": round(floor_with_events, 2),
        "ratio_to_plain": round(seconds / floor, 2),
        "ratio_to_plain_with_events": round(seconds / floor_with_events, 2),
    }


def _timed(settle: Callable[[int, str, int], None], prizes: int) -> float:
    from django.db import connection

    run_id, slot, benefit_id = _contest(PARTICIPANTS, prizes)
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    began = time.perf_counter()
    settle(run_id, slot, benefit_id)
    return time.perf_counter() - began


def _settle(run_id: int) -> None:
    from apps.campaigns.models import Run
    from apps.campaigns.services.settling import settle_due_runs
    from apps.core.clock import database_now

    Run.objects.filter(pk=run_id).update(state="closed", closed_at=database_now())
    if settle_due_runs(now=database_now()) != 1:
        raise RuntimeError(f"run {run_id} did not settle")


def _plainly(prizes: int, *statements: str) -> Callable[[int, str, int], None]:
    from django.db import connection, transaction

    def settle(run_id: int, slot: str, benefit_id: int) -> None:
        values: dict[str, Any] = {"run": run_id, "slot": slot, "benefit": benefit_id, "prizes": prizes}
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement, values)

    return settle


def _boards() -> dict[str, Any]:
    from django.core.cache import cache

    from apps.campaigns.selectors import board as module

    found: dict[str, Any] = {}
    for participants in (100, PARTICIPANTS):
        run_id, _slot, _benefit = _contest(participants, 100)
        cache.clear()
        began = time.perf_counter()
        module._set_posts(run_id)
        found[f"posts_ms_{participants}"] = round((time.perf_counter() - began) * 1000, 1)
        found[f"page_ms_{participants}"] = _page_ms(run_id, participants)
    found["ratio"] = round(found[f"page_ms_{PARTICIPANTS}"] / found["page_ms_100"], 2)
    return found


def _page_ms(run_id: int, participants: int) -> float:
    """Median of 300 pages of 50 rows, each for another member."""
    from django.utils import timezone

    from apps.campaigns.selectors.board import board

    chance, times = Random(7), []
    for number in range(320):
        member_id = FIRST_MEMBER + chance.randrange(participants)
        began = time.perf_counter()
        board(run_id=run_id, limit=50, member_id=member_id, now=timezone.now())
        if number >= 20:
            times.append(time.perf_counter() - began)
    return round(statistics.median(times) * 1000, 2)


def _members() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO members_member (id, phone, nickname, note, source, city) SELECT %s + i,"
            " '+8613' || (100000000 + i), '成员' || i, '', '', '' FROM generate_series(0, %s) AS i",
            [FIRST_MEMBER, PARTICIPANTS],
        )


def _contest(participants: int, prizes: int) -> tuple[int, str, int]:
    """An open run with that many entries, each with its seat and a score of few values, so that many are tied."""
    from django.db import connection

    from apps.campaigns.enums import BenefitKind
    from tests.campaigns.factories import make_benefit, make_run

    rules = {
        "metric": "check_in",
        "ranks": [[1, min(prizes, 10_000)]],
        "participation_places": prizes if prizes > 10_000 else 0,
        "floor_score": 0,
        "review_hours": 0,
        "voids_leavers": False,
    }
    benefit = make_benefit(BenefitKind.PHYSICAL)
    slot = "participation" if prizes > 10_000 else f"rank_1_{prizes}"
    run_id = make_run("contest", rules, slots={slot: benefit}).pk
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_entry (run_id, code, owner_id, title, state, score, score_at, seed, opened_at, count,"
            " capacity) SELECT %(run)s, 'c' || %(run)s || '-' || i, %(first)s + i, '', 'open', hashint4(i) & 1023,"
            " now() - (hashint4(i + 7) & 4095) * interval '1 second', 42, now(), 1, 1"
            " FROM generate_series(0, %(count)s - 1) AS i",
            {"run": run_id, "first": FIRST_MEMBER, "count": participants},
        )
        cursor.execute(
            "INSERT INTO campaigns_contribution (run_id, entry_id, member_id, kind, key, state, value, at)"
            " SELECT run_id, id, owner_id, 'seat', 'm' || owner_id, 'counted', 0, now() FROM campaigns_entry"
            " WHERE run_id = %s",
            [run_id],
        )
        cursor.execute(
            "VACUUM ANALYZE campaigns_entry, campaigns_contribution, campaigns_grant, events_event"
        )
    return run_id, slot, benefit.pk
