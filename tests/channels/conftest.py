"""A chat platform, robots on it, and a database that refuses every move that is not in DELIVERY_MOVES."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from apps.channels.enums import DELIVERY_MOVES
from apps.channels.models import Attempt, Channel, Delivery
from apps.channels.services.outbox import Draft, create_deliveries
from apps.core.clock import database_now
from apps.core.invariants import all_invariants
from tests.chat_simulator_fixture import ROOT, SimulatorHandle, simulator, simulator_process  # noqa: F401


@pytest.fixture(scope="module", autouse=True)
def only_legal_moves(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """Every UPDATE of a delivery's state, by whatever SQL, must be in the table (the contract of the states)."""
    if not any(item.get_closest_marker("django_db") for item in request.session.items):
        yield  # then there is no test database either
        return
    legal = ",".join(f"('{a.value}','{b.value}')" for a, targets in DELIVERY_MOVES.items() for b in targets)
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE OR REPLACE FUNCTION refuse_illegal_move() RETURNS trigger AS $$ BEGIN
              IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({legal}) THEN
                RAISE EXCEPTION 'illegal move of a delivery: % to %', OLD.state, NEW.state;
              END IF; RETURN NEW; END $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER only_legal_moves BEFORE UPDATE ON channels_delivery
              FOR EACH ROW EXECUTE FUNCTION refuse_illegal_move();""")
    yield
    # The demo writes a past that nobody lived through.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER only_legal_moves ON channels_delivery")


@pytest.fixture
def quick(settings: Any, simulator: SimulatorHandle) -> SimulatorHandle:  # noqa: F811
    """The simulator as every platform, and waits that a test can sit through."""
    from apps.core import outbound

    for name in ("WECOM", "DINGTALK", "FEISHU", "TELEGRAM"):
        setattr(settings, f"{name}_API_BASE", simulator.url)
    settings.OUTBOUND_ALLOWED_HOSTS = [simulator.url.removeprefix("http://")]
    settings.DELIVERY_LEASE_SECONDS = 1.5
    settings.DELIVERY_READ_SECONDS = 0.5
    settings.DELIVERY_TOTAL_SECONDS = 1.0
    settings.DELIVERY_REST_SECONDS = 0.3
    settings.DELIVERY_RUN_SECONDS = 5
    settings.DELIVERY_THREADS = 3
    settings.DELIVERY_PACE_MARGIN_SECONDS = 0.05
    for client in outbound._clients.values():
        client.close()
    outbound._clients.clear()
    return simulator


@pytest.fixture
def make_channel(quick: SimulatorHandle) -> Callable[..., Channel]:
    """``make_channel()`` → an active WeCom robot that the simulator knows too."""

    def make(name: str = "", **fields: Any) -> Channel:
        key = fields.pop("secret", f"robot-{uuid4().hex}")
        limit = fields.pop("platform_limit", 0)
        channel = Channel.objects.create(
            **{"name": name or key[-12:], "driver": "wecom_robot", "secret": key, "rate_limit": 20, **fields}
        )
        quick.robots([{"platform": "wecom", "key": key, "name": channel.name, "limit_per_minute": limit}])
        return channel

    return make


@pytest.fixture
def make_due() -> Callable[..., list[Delivery]]:
    """``make_due(channel, 3)`` → three text messages in order, due a second ago, with a patience of 30 min."""

    def make(channel: Channel, count: int = 1, **fields: Any) -> list[Delivery]:
        now = database_now()
        due_at = fields.pop("due_at", now - timedelta(seconds=1))
        stem = uuid4().hex[:8]
        drafts = [
            Draft(
                **{
                    "key": f"test:{stem}:{number}",
                    "channel_id": channel.pk,
                    "team_id": channel.team_id,
                    "recipient": channel.name,
                    "address": "",
                    "subject": f"第 {number} 条",
                    "source_url": "",
                    "kind": "text",
                    "content": {"kind": "text", "text": f"{stem} {number}"},
                    "due_at": due_at,
                    "cutoff_at": due_at + timedelta(minutes=30),
                    "sequence": number,
                    **fields,
                }
            )
            for number in range(count)
        ]
        return create_deliveries(drafts=drafts, now=now)

    return make


def states(deliveries: list[Delivery]) -> list[str]:
    """The present states of ``deliveries``, in order."""
    now = dict(Delivery.objects.filter(pk__in=[row.pk for row in deliveries]).values_list("pk", "state"))
    return [now[row.pk] for row in deliveries]


def outcomes(delivery: Delivery) -> list[str]:
    return list(
        Attempt.objects.filter(delivery=delivery).order_by("number").values_list("outcome", flat=True)
    )


def child_environment(simulator_url: str, **extra: str) -> dict[str, str]:
    """The environment of a process that works on this test's database against the simulator."""
    database = connection.settings_dict
    options = {name: database["OPTIONS"][name] for name in ("host", "port") if name in database["OPTIONS"]}
    server = f"{database['HOST']}:{database['PORT']}" if database["HOST"] else ""
    secret = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    address = f"postgres://{database['USER']}{secret}@{server}/{database['NAME']}?{urlencode(options)}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "community_ops.settings.test",
        "DATABASE_URL": address,
        "WECOM_API_BASE": simulator_url,
        "OUTBOUND_ALLOWED_HOSTS": simulator_url.removeprefix("http://"),
        "DELIVERY_LEASE_SECONDS": "1.5",
        "DELIVERY_READ_SECONDS": "0.5",
        "DELIVERY_TOTAL_SECONDS": "1",
        "DELIVERY_REST_SECONDS": "0.3",
        "DELIVERY_THREADS": "3",
        "LOG_LEVEL": "ERROR",
        **extra,
    }


@pytest.fixture
def start_worker(quick: SimulatorHandle) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """``start_worker(FAILPOINT="…")`` → a process that waits for ``go`` and then dispatches for some seconds."""
    processes: list[subprocess.Popen[str]] = []

    def start(seconds: float = 5, **extra: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.channels.runner", str(seconds)],
            cwd=ROOT,
            env=child_environment(quick.url, **extra),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def go(*processes: "subprocess.Popen[str]") -> None:
    """Let workers begin together: each has started up and waits."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def force(rows: QuerySet[Delivery], **fields: Any) -> None:
    """Put rows into a state without asking the table: how a test sets its stage."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        rows.update(**fields)
        cursor.execute("SET LOCAL session_replication_role = origin")


def broken_promises() -> list[tuple[str, str, int]]:
    """What ``manage.py check_invariants`` would report, here also inside a test's transaction."""
    found = []
    with connection.cursor() as cursor:
        for item in all_invariants():
            cursor.execute(f"SELECT count(*) FROM ({item.sql}) AS violation")
            if count := cursor.fetchone()[0]:
                found.append((item.promise, item.name, count))
    return found
