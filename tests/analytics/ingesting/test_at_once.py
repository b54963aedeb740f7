"""Batches at once and batches that die: each fact once, or all of them not yet."""

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import Team
from apps.analytics.services.ingesting import ingest
from apps.core.clock import database_now
from apps.events.models import Event, SourceKey
from tests.analytics.ingesting.conftest import make_people, make_source
from tests.campaigns.together import together
from tests.channels.conftest import child_environment
from tests.chat_simulator_fixture import ROOT

pytestmark = [pytest.mark.django_db(transaction=True)]


def world() -> tuple[Any, tuple[Any, Any]]:
    team = Team.objects.create(name="甲")
    return make_source(team)[0], make_people(team)


def at_once(source: Any, items: list[Any]) -> list[Any]:
    """Four batches with the same keys: one half the other way round, each with times of its own."""
    now = database_now()
    batches = []
    for shift in range(4):
        moved = [item | {"occurred_at": now.replace(microsecond=shift).isoformat()} for item in items]
        batches.append(moved if shift % 2 else moved[::-1])
    return together([lambda batch=batch: ingest(source=source, items=batch, now=now) for batch in batches])


def test_batches_with_the_same_keys_at_once_are_one_fact_each(make_item) -> None:
    source, home = world()
    answers = at_once(source, [make_item(*home) for _ in range(300)])
    assert sum(answer.accepted for answer in answers) == Event.objects.count() == 300
    assert sum(answer.known for answer in answers) == 900


def test_control_without_the_keys_table_they_are_several(make_item, monkeypatch) -> None:
    """The log's own constraint does not do it: the repeats' times differ."""
    from apps.analytics.services.ingesting import batch

    every = "SELECT given FROM unnest(%(digests)s::text[]) AS given"
    monkeypatch.setattr(batch, "_KEYS", every)
    source, home = world()
    at_once(source, [make_item(*home) for _ in range(30)])
    assert Event.objects.count() > 30


def test_a_batch_killed_between_copy_and_commit_leaves_nothing_and_may_be_sent_again(make_item) -> None:
    source, home = world()
    items = [make_item(*home) for _ in range(5)]
    code = (
        "import django, json, sys; django.setup()\n"
        "from apps.analytics.services.ingesting import ingest\n"
        "from apps.core.clock import database_now\n"
        "from apps.events.models import EventSource\n"
        "items = json.loads(sys.argv[1])\n"
        "ingest(source=EventSource.objects.get(), items=items, now=database_now())\n"
    )
    worker = subprocess.run(
        [sys.executable, "-c", code, json.dumps(items)],
        cwd=ROOT,
        env=child_environment("http://127.0.0.1:9", FAILPOINT="events.copied") | {"PYTHONPATH": os.curdir},
        timeout=60,
        check=False,
    )
    assert worker.returncode == -signal.SIGKILL
    assert (Event.objects.count(), SourceKey.objects.count()) == (0, 0)
    assert ingest(source=source, items=items, now=database_now()).accepted == 5
    connection.close()
