"""A contribution through the service against pgbench running the same SQL, at the same concurrency.

``spread``: every help goes to another of 2,000 entries in 20 runs. ``hot``: one run, and every help to one of its
50 entries. Each help is by another member and brings a points benefit, so that the run's budget row is
touched too. Four connections; the two take turns for ``CONTRIBUTION_ROUNDS`` (default 5) rounds of
``CONTRIBUTION_SECONDS`` (default 3) each, and the median round counts: on a shared machine one long run of each
says more about the neighbours than about the code.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from benchmarks._same_sql import captured, pgbench, script

CLIENTS = 4
#: Numbers of helps that one client may use up in one round.
SPAN = 5_000
MEMBERS = 400_000
FIRST_MEMBER = 9_000_001
FIRST_ENTRY = 7_000_001
FIRST_RUN = 5_000_001


def run() -> Iterator[dict[str, Any]]:
    """Yield one dict per case: helps a second, pgbench's transactions a second, their ratio."""
    from django.core.management import call_command

    seconds = int(os.environ.get("CONTRIBUTION_SECONDS", "3"))
    rounds = int(os.environ.get("CONTRIBUTION_ROUNDS", "5"))
    if rounds * SPAN * CLIENTS > MEMBERS // 4:
        raise SystemExit(f"At most {MEMBERS // 4 // SPAN // CLIENTS} rounds: there are only so many members.")
    call_command("migrate", verbosity=0)
    _fill()
    for number, (case, entries) in enumerate({"spread": 2_000, "hot": 50}.items()):
        base = number * MEMBERS // 2
        found: list[tuple[float, float]] = []
        for turn in range(rounds):
            first = base + turn * SPAN * CLIENTS
            ours = _ours(case, entries, first, seconds)
            found.append((ours, _pgbench(case, entries, first + MEMBERS // 4, seconds)))
        yield {
            "case": case,
            "clients": CLIENTS,
            "rounds": rounds,
            "helps_per_second": round(statistics.median(ours for ours, _theirs in found)),
            "pgbench_per_second": round(statistics.median(theirs for _ours, theirs in found)),
            "ratio_to_pgbench": round(statistics.median(ours / theirs for ours, theirs in found), 2),
            "ratios": [round(ours / theirs, 2) for ours, theirs in found],
        }


def entry_of(case: str, entries: int, number: int) -> int:
    """Which entry the help with this number goes to."""
    return FIRST_ENTRY + (number % entries) + (0 if case == "spread" else 2_000)


def _ours(case: str, entries: int, base: int, seconds: int) -> float:
    from django.db import connection

    connection.close()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    workers = [
        context.Process(target=_help, args=(case, entries, base + worker * SPAN, seconds, queue))
        for worker in range(CLIENTS)
    ]
    for worker in workers:
        worker.start()
    rate = sum(queue.get(timeout=seconds + 60) for _ in workers)
    for worker in workers:
        worker.join()
    return rate


def _help(case: str, entries: int, base: int, seconds: int, queue: Any) -> None:
    from django.utils import timezone

    from apps.campaigns.services.engine import act

    def help_once(number: int) -> None:
        entry = entry_of(case, entries, number)
        act(
            code=f"e{entry}",
            verb="help",
            member_id=FIRST_MEMBER + number,
            params={},
            key=f"k{FIRST_MEMBER + number}",
            now=timezone.now(),
        )

    for number in range(20):  # connections, plans, imports
        help_once(base + number)
    done, began = 20, time.perf_counter()
    while time.perf_counter() - began < seconds:
        help_once(base + done)
        done += 1
    queue.put((done - 20) / (time.perf_counter() - began))


def _pgbench(case: str, entries: int, base: int, seconds: int) -> float:
    from django.utils import timezone

    from apps.campaigns.models import Contribution
    from apps.campaigns.services.engine import act

    entry, member = entry_of(case, entries, base), FIRST_MEMBER + base
    with captured() as statements:
        act(code=f"e{entry}", verb="help", member_id=member, params={}, key=f"k{member}", now=timezone.now())
    part = Contribution.objects.get(entry_id=entry, member_id=member).pk
    grant = Contribution.objects.get(pk=part).entry.grants.get(member_id=member).pk
    run_id = Contribution.objects.get(pk=part).run_id
    head = "\n".join(
        [
            "\\set i :i + 1",
            f"\\set n {base + 1} + :client_id * {SPAN} + :i",
            f"\\set m {FIRST_MEMBER} + :n",
            f"\\set e {entry_of(case, entries, 0)} + (:n % {entries})",
            f"\\set r {FIRST_RUN if case == 'spread' else run_id}"
            + (" + (:e % 20)" if case == "spread" else ""),
            f"\\set p {part}",
            f"\\set g {grant}",
        ]
    )
    variables = {str(member): "m", str(entry): "e", str(run_id): "r"}
    text = script(statements, variables, head=head)
    return pgbench(text, clients=CLIENTS, seconds=seconds, defines={"i": "0"})


def _fill() -> None:
    """Members, runs and entries by plain SQL, numbered so that a number in a statement says what it is."""
    from django.db import connection

    from tests.campaigns.factories import make_benefit, make_member, make_run

    owner = make_member()
    benefit = make_benefit(amount=5)
    rules = {"stages": [9_999], "hours": 24, "is_new_only": False, "helps_per_member": 3}
    template = make_run("assist", rules, slots={"helper": benefit}, budget=Decimal(9_999_999))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO members_member (id, phone, nickname, note, source, city) SELECT %s + i,"
            " '+8613' || (100000000 + i), '成员' || i, '', '', '' FROM generate_series(0, %s) AS i",
            [FIRST_MEMBER, MEMBERS],
        )
        runs = range(FIRST_RUN, FIRST_RUN + 21)
        for number, run_id in enumerate(runs):
            cursor.execute(
                "INSERT INTO campaigns_run (id, campaign_id, number, period, mechanic, state, opens_at, closes_at, plan,"
                " revision) SELECT %s, campaign_id, %s, %s, mechanic, state, opens_at, closes_at, plan, 1"
                " FROM campaigns_run WHERE id = %s",
                [run_id, number + 2, f"bench-{run_id}", template.pk],
            )
            cursor.execute("INSERT INTO campaigns_runstock (run_id, budget) VALUES (%s, 9999999)", [run_id])
        cursor.execute(
            "INSERT INTO campaigns_entry (id, run_id, code, owner_id, title, state, score_at, seed, opened_at, expires_at)"
            " SELECT %s + i, CASE WHEN i < 2000 THEN %s + (%s + i) %% 20 ELSE %s + 20 END, 'e' || (%s + i), %s, '', 'open',"
            " now(), 42, now(), now() + interval '1 day' FROM generate_series(0, 2049) AS i",
            [FIRST_ENTRY, FIRST_RUN, FIRST_ENTRY, FIRST_RUN, FIRST_ENTRY, owner.pk],
        )
        cursor.execute("VACUUM ANALYZE")
