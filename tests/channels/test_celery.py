"""The broker is only a wake-up call (D7): real Celery workers, and a Valkey that forgets everything."""

import subprocess
import sys
import time

import pytest
import redis
from django.conf import settings
from kombu import Connection

from apps.channels.models import Delivery
from community_ops.servers import embedded
from tests.channels.conftest import broken_promises, child_environment
from tests.chat_simulator_fixture import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


@pytest.fixture
def broker():
    """The session's Valkey, empty before and after."""
    address = settings.REDIS_URL
    path = embedded.redis_client_url() if address.startswith("redis+socket") else address
    client = redis.Redis.from_url(path)
    client.flushall()
    yield client
    client.flushall()
    client.close()


def _tick() -> None:
    """What beat sends every two seconds."""
    from community_ops.celery import app

    with Connection(settings.REDIS_URL) as connection:
        app.send_task("apps.channels.tasks.dispatch", queue="delivery", connection=connection)


def _wait_for_sent(count: int, *, ticks: bool) -> None:
    deadline = time.monotonic() + 20
    while Delivery.objects.filter(state="sent").count() < count:
        assert time.monotonic() < deadline, f"{Delivery.objects.filter(state='sent').count()} of {count}"
        if ticks:
            _tick()
        time.sleep(0.3)


def test_a_broker_that_forgets_everything_loses_nothing(quick, make_channel, make_due, broker):
    command = [sys.executable, "-m", "celery", "-A", "community_ops", "worker", "-Q", "delivery", "-c", "2"]
    command += ["--without-mingle", "--without-gossip", "--without-heartbeat", "-l", "ERROR"]
    environment = child_environment(quick.url, REDIS_URL=settings.REDIS_URL)
    first = [make_channel() for _ in range(3)]
    for channel in first:
        make_due(channel, 5)
    with subprocess.Popen(command, cwd=ROOT, env=environment) as worker:
        try:
            _wait_for_sent(15, ticks=True)
            for channel in first:
                make_due(channel, 5)
            for _ in range(3):
                _tick()
            broker.flushall()
            _wait_for_sent(30, ticks=True)
        finally:
            worker.terminate()
            worker.wait(timeout=15)
    assert quick.count() == 30
    for channel in first:
        texts = [message["text"] for message in quick.messages(key=channel.secret)]
        assert len(texts) == len(set(texts)) == 10
    assert not broken_promises()
