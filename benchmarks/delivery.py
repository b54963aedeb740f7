"""Delivery: what a scan costs among a million, and how fast a worker is beside a bare loop.

Against a chat simulator of its own with every limit on.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.channels.drivers.base import Content, Credentials, Outcome
from apps.channels.drivers.registry import all_drivers
from apps.channels.drivers.wecom_robot import DRIVER
from apps.channels.models import Attempt, Channel, Delivery
from apps.channels.services.leasing import LEASE, claim
from apps.channels.services.upkeep import tidy
from apps.channels.tasks import dispatch
from apps.core import outbound
from apps.core.invariants import count_violations
from apps.core.outbound import shared_client
from benchmarks._processes import simulator

ROBOTS = 1_000
MESSAGES = 10_000
THREADS = 16


def run() -> Iterator[dict[str, Any]]:
    """Every figure as soon as it is known. Expects an empty, migrated database."""
    yield from scans()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE channels_delivery, channels_channel CASCADE")
    with simulator() as platform:
        yield from throughput(platform.url)


# --- The scan -----------------------------------------------------------------------------------------


def scans(sizes: tuple[int, int] = (1_000, 1_000_000)) -> list[dict[str, Any]]:
    """Time one idle scan (upkeep and lease) with few and with many future deliveries over the same robots."""
    results: list[dict[str, Any]] = []
    _robots("http://127.0.0.1:1")
    made = 0
    for size in sizes:
        _future_deliveries(made, size)
        made = size
        seconds = _best(_scan, times=15)
        results.append({"case": "idle scan", "future_deliveries": size, "milliseconds": 1000 * seconds})
    ratio = results[-1]["milliseconds"] / results[0]["milliseconds"]
    results.append({"case": "scan ratio, 1,000,000 to 1,000", "ratio": round(ratio, 2), "plan": _plan()})
    return results


def _scan() -> None:
    tidy()
    assert claim(limit=32) == []


def _future_deliveries(existing: int, wanted: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO channels_delivery (key, channel_id, recipient, address, subject, source_url, kind, content,
                   due_at, available_at, cutoff_at, updated_at)
               SELECT 'future:' || n, (SELECT min(id) FROM channels_channel) + n %% %s, '群', '', '', '', 'text',
                      '{"kind": "text", "text": "以后再说"}', at, at, at + interval '30 min', now()
               FROM generate_series(%s, %s) AS n,
                    LATERAL (SELECT now() + interval '1 day' + n * interval '1 second' AS at) AS t""",
            [ROBOTS, existing + 1, wanted],
        )
        cursor.execute("VACUUM ANALYZE channels_delivery, channels_channel")


def _plan() -> list[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + LEASE,
            {
                "lease": settings.DELIVERY_LEASE_SECONDS,
                "limit": 32,
                "margin": settings.DELIVERY_PACE_MARGIN_SECONDS,
                "drivers": list(all_drivers()),
            },
        )
        return [row[0] for row in cursor.fetchall()]


# --- Throughput ---------------------------------------------------------------------------------------


def throughput(url: str) -> list[dict[str, Any]]:
    """Messages a second of a bare loop, one by one, of bare threads, and of the real task.

    They take turns of a second or two until the task has sent all 10,000, so that whatever else the machine
    does hits all alike.
    """
    robots = _robots(url)
    bare = [f"bare-{key}" for key in robots]
    _register(url, bare, limit=0)
    _register(url, robots)
    _due(len(robots))
    settings.DELIVERY_RUN_SECONDS = 4.0
    paces: dict[str, _Pace] = {name: _Pace() for name in ("loop", "httpx", "threads", "worker")}
    while paces["worker"].count < MESSAGES:
        paces["loop"].add(_bare(url, bare, seconds=1.0, threads=1))
        paces["worker"].add(_worker())
        paces["threads"].add(_bare(url, bare, seconds=1.0, threads=THREADS))
        paces["httpx"].add(_bare_httpx(url, bare, seconds=0.5))
    refused = _check(url)
    rates = {name: pace.per_second for name, pace in paces.items()}
    return [
        {"case": "bare loop", "client": "apps.core.outbound", "per_second": round(rates["loop"])},
        {"case": "bare loop", "client": "httpx.Client", "per_second": round(rates["httpx"])},
        {"case": "bare threads", "threads": THREADS, "per_second": round(rates["threads"])},
        {
            "case": "worker",
            "processes": 2,
            "threads": settings.DELIVERY_THREADS,
            "messages": MESSAGES,
            "robots": ROBOTS,
            "refused": refused,
            "per_second": round(rates["worker"]),
            "ratio_to_bare_loop": round(rates["worker"] / rates["loop"], 2),
            "ratio_to_httpx_loop": round(rates["worker"] / rates["httpx"], 2),
            "ratio_to_bare_threads": round(rates["worker"] / rates["threads"], 2),
        },
    ]


@dataclass
class _Pace:
    count: int = 0
    seconds: float = 0.0

    def add(self, turn: tuple[int, float]) -> None:
        self.count += turn[0]
        self.seconds += turn[1]

    @property
    def per_second(self) -> float:
        return self.count / self.seconds


def _request(url: str, key: str, number: int) -> tuple[str, bytes, dict[str, str]]:
    """The very request that the driver builds for this message."""

    request = DRIVER.build(
        Content("text", text=_text(number)),
        credentials=Credentials(secret=key, base_url=url),
        address="",
        now=timezone.now(),
    )
    return request.url, request.body, dict(request.headers)


def _text(number: int) -> str:
    return f"第 {number} 条：今晚八点直播间见，前一百名下单送小样。"


def _bare(url: str, keys: list[str], *, seconds: float, threads: int) -> tuple[int, float]:
    client = shared_client(is_guarded=False)
    counts = [0] * threads
    began = time.perf_counter()

    def send(first: int) -> None:
        number = first
        while time.perf_counter() - began < seconds:
            address, body, headers = _request(url, keys[number % len(keys)], number)
            answer = client.send("POST", address, headers=headers, body=body)
            verdict = DRIVER.read(answer.status, answer.headers, answer.body)
            assert verdict.outcome is Outcome.ACCEPTED, verdict
            number += threads
            counts[first] += 1

    if threads == 1:
        send(0)
    else:
        crew = [threading.Thread(target=send, args=[first]) for first in range(threads)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
    return sum(counts), time.perf_counter() - began


def _bare_httpx(url: str, keys: list[str], *, seconds: float) -> tuple[int, float]:
    number = 0
    with httpx.Client(trust_env=False, timeout=10) as client:
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            address, body, headers = _request(url, keys[number % len(keys)], number)
            assert client.post(address, content=body, headers=headers).json()["errcode"] == 0
            number += 1
        return number, time.perf_counter() - began


def _due(robots: int) -> None:
    """10,000 messages due in the same minute, ten to each robot."""

    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO channels_delivery (key, channel_id, recipient, address, subject, source_url, kind, content,
                   due_at, available_at, cutoff_at, sequence, updated_at)
               SELECT 'due:' || n, (SELECT min(id) FROM channels_channel) + n %% %s, '群', '', '', '', 'text',
                      jsonb_build_object('kind', 'text', 'text', %s || n), at, at, at + interval '30 min', n, now()
               FROM generate_series(0, %s) AS n, LATERAL (SELECT now() - interval '1 second' AS at) AS t""",
            [robots, _text(0), MESSAGES - 1],
        )
        cursor.execute("ANALYZE channels_delivery")


def _worker() -> tuple[int, float]:
    """One turn of the real task, in as many processes as the sender that ``make run`` starts."""
    before = Delivery.objects.filter(state="sent").count()
    connection.close()
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            outbound._clients.clear()  # sockets are not shared
            dispatch()
        finally:
            os._exit(0)
    dispatch()
    os.waitpid(child, 0)
    seconds = time.perf_counter() - began
    sent = Delivery.objects.filter(state="sent").count() - before
    assert sent, list(Delivery.objects.exclude(state="sent").values("state", "reason")[:3])
    return sent, seconds


def _check(url: str) -> int:
    """Every message arrived once, and no promise is broken. Returns refusals (none)."""

    robots = [
        robot for robot in _get(f"{url}/_control/requests")["robots"] if robot["key"].startswith("bench")
    ]
    accepted, refused = (sum(robot[name] for robot in robots) for name in ("accepted", "refused"))
    broken = [f"{item.promise} {item.name}" for item, count in count_violations() if count]
    assert (accepted, refused, Attempt.objects.count()) == (MESSAGES, 0, MESSAGES), (accepted, refused)
    assert not broken, broken
    return refused


# --- Stage --------------------------------------------------------------------------------------------


def _robots(url: str) -> list[str]:
    settings.WECOM_API_BASE = url
    keys = [f"bench-robot-{number:05d}" for number in range(ROBOTS)]
    Channel.objects.bulk_create(
        [Channel(name=key, driver="wecom_robot", secret=key, rate_limit=20) for key in keys], batch_size=500
    )
    return keys


def _register(url: str, keys: list[str], *, limit: int | None = None) -> None:
    robots = [{"platform": "wecom", "key": key, "name": key, "limit_per_minute": limit} for key in keys]
    _post(f"{url}/_control/robots", robots)


def _post(url: str, payload: Any) -> None:
    httpx.post(url, json=payload, timeout=60, trust_env=False).raise_for_status()


def _get(url: str) -> Any:
    return httpx.get(url, timeout=60, trust_env=False).json()


def _best(call: Callable[[], None], *, times: int) -> float:
    """The median of several runs, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[times // 2]
