"""Facts from outside against a bare COPY of the same rows into the same table.

Three ways, in rounds that alternate: COPY (finished rows, tier and source in them, so that no trigger fires; a commit
for each batch), the service alone, and batches over HTTP (gunicorn with two workers, as many senders, JSON as
customers send it). The ratio is the median of the rounds' own. Target: at least 1/3 of COPY.
"""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from benchmarks._processes import ROOT, environment

ROUNDS = int(os.environ.get("INGEST_ROUNDS", "5"))
BATCHES = int(os.environ.get("INGEST_BATCHES", "8"))
SIZE = 5_000
MEMBERS, GROUPS = 20_000, 100
SENDERS = 2

_COPY = (
    "COPY events_event (occurred_at, kind, key, team_id, group_id, member_id, subject, value, data, tier_id,"
    " source) FROM STDIN"
)


def run() -> Iterator[dict[str, Any]]:
    from django.contrib.auth import get_user_model

    from apps.accounts.models import Team
    from apps.analytics.services.ingesting import ingest
    from apps.events.schemas.registry import outside_kinds
    from apps.events.services.sources import create_source

    team = Team.objects.create(name="一组")
    groups, members = _people(team.pk)
    root = get_user_model().objects.create_superuser(username="root", password="x")
    source, key = create_source(
        name="x", team=team, kinds=outside_kinds(), actor=root, now=timezone.now(), per_minute=10**6
    )
    rates: dict[str, list[float]] = {"copy": [], "service": [], "http": []}
    numbers = iter(range(10**9))

    def fresh(count: int = BATCHES) -> list[list[dict[str, Any]]]:
        return [[_item(next(numbers), groups, members) for _ in range(SIZE)] for _ in range(count)]

    with _server() as port:
        _send(port, key, _bodies(fresh(2)))  # warm
        for _round in range(ROUNDS):
            copies = [_lines(batch, team.pk) for batch in fresh()]
            rates["copy"].append(_timed(lambda copies=copies: _copy_all(copies)))
            batches = fresh()
            rates["service"].append(
                _timed(
                    lambda batches=batches: [
                        ingest(source=source, items=one, now=timezone.now()) for one in batches
                    ]
                )
            )
            bodies = _bodies(fresh())
            rates["http"].append(_timed(lambda bodies=bodies: _send(port, key, bodies)))
    for case in ("service", "http"):
        ratios = [ours / bare for ours, bare in zip(rates[case], rates["copy"], strict=True)]
        yield {
            "case": f"{case}: batches of {SIZE}",
            "facts": BATCHES * SIZE,
            "rounds": ROUNDS,
            "per_second": round(statistics.median(rates[case])),
            "copy_per_second": round(statistics.median(rates["copy"])),
            "ratio_to_copy": round(statistics.median(ratios), 2),
            "ratios": [round(ratio, 2) for ratio in ratios],
            "target": 0.33,
        }


def _people(team_id: int) -> tuple[list[int], list[int]]:
    from apps.groups.models import Group
    from apps.members.models import Member
    from apps.members.models.member import MemberTeam

    groups = Group.objects.bulk_create(
        Group(name=f"群{number}", kind="benefit", team_id=team_id) for number in range(GROUPS)
    )
    members = Member.objects.bulk_create(
        [Member(phone=f"+86138{number:08d}", source="抖音") for number in range(MEMBERS)], batch_size=5_000
    )
    MemberTeam.objects.bulk_create(
        [MemberTeam(member=member, team_id=team_id) for member in members], batch_size=5_000
    )
    return [group.pk for group in groups], [member.pk for member in members]


def _item(number: int, groups: list[int], members: list[int]) -> dict[str, Any]:
    at = timezone.now() - timedelta(seconds=number * 7 % (20 * 86_400))
    item: dict[str, Any] = {
        "key": f"k{number}",
        "occurred_at": at.isoformat(),
        "group": groups[number % GROUPS],
        "member": members[number * 7 % MEMBERS],
    }
    if number % 4:
        return item | {"kind": "member.messaged", "data": {"type": "text"}}
    return item | {
        "kind": "order.paid",
        "value": "12.50",
        "data": {"order_no": f"S{number}", "channel": "抖音"},
    }


def _lines(batch: list[dict[str, Any]], team_id: int) -> list[tuple[Any, ...]]:
    return [
        (
            datetime.fromisoformat(item["occurred_at"]),
            item["kind"],
            f"in:0:{item['key']}",
            team_id,
            item["group"],
            item["member"],
            f"order:{item['data'].get('order_no', '')}",
            item.get("value"),
            json.dumps(item["data"]),
            None,
            "抖音",
        )
        for item in batch
    ]


def _copy_all(batches: list[list[tuple[Any, ...]]]) -> None:
    for batch in batches:
        _copy(batch)


def _copy(rows: list[tuple[Any, ...]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(_COPY) as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return BATCHES * SIZE / (time.perf_counter() - start)


def _bodies(batches: list[list[dict[str, Any]]]) -> list[bytes]:
    return [json.dumps({"events": batch}).encode() for batch in batches]


def _send(port: int, key: str, bodies: list[bytes]) -> None:
    failed: list[Any] = []

    def work(mine: list[bytes]) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        for body in mine:
            client.request("POST", "/api/v1/events", body, headers)
            answer = client.getresponse()
            text = answer.read()
            if answer.status != 200 or json.loads(text)["accepted"] != SIZE:
                failed.append(text[:300])
        client.close()

    threads = [threading.Thread(target=work, args=(bodies[number::SENDERS],)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(f"unexpected answers: {failed[:2]}")


@contextmanager
def _server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "community_ops.wsgi:application"]
    command += ["--bind", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "warning"]
    command += ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "30"]
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks._http_settings", "LOG_LEVEL": "ERROR"}
    with subprocess.Popen(command, cwd=ROOT, env=environment(**settings)) as server:
        try:
            for _ in range(300):
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            else:
                raise RuntimeError("gunicorn does not answer")
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)
