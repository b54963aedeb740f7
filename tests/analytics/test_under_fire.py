"""A1 with real connections: transactions that overlap, ticks that meet or die, rebuilds among writers, moves."""

import signal
import subprocess
import sys
import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from apps.analytics.models import DayFigure, HourFigure, Watermark
from apps.analytics.services.rolling import needs_rebuild, rebuild, roll
from apps.analytics.services.rolling.hours import HOURS_KEPT, trim_hours
from apps.core.clock import database_now
from apps.events.models import Event
from tests.analytics.facts import at, fact, record_facts, rollup_rows
from tests.channels.conftest import child_environment
from tests.chat_simulator_fixture import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = (
    "INSERT INTO events_event (occurred_at, kind, key, team_id, member_id, subject, value, data)"
    " VALUES ('2026-03-01 12:00+08', 'order.paid', %s, 1, %s, '', 5, '{}')"
)


@pytest.fixture
def other():
    """Somebody else's connection."""
    parameters = connection.get_connection_params()
    own = {
        name: parameters[name]
        for name in ("dbname", "user", "password", "host", "port")
        if name in parameters
    }
    with psycopg.connect(**own) as found:
        yield found


def counted() -> int:
    return sum(DayFigure.objects.filter(dim="", kind="order.paid").values_list("count", flat=True))


def a_rebuild_agrees(now=None) -> bool:
    stepwise = rollup_rows()
    rebuild(now=now or database_now())
    return rollup_rows() == stepwise


def paid(number: int):
    return fact("order.paid", "2026-03-01 10:00", key=f"fire:{number}", team_id=1, member_id=number, value=5)


def test_a_transaction_that_commits_after_a_tick_is_counted_once(other):
    rebuild(now=database_now())
    other.execute(INSERT, ["early", 1])  # begins first, commits last
    record_facts(paid(2))
    roll(now=database_now())
    seen_by_id = Event.objects.latest("id").pk
    assert counted() == 0, "the later transaction waits for the earlier one"
    other.commit()
    roll(now=database_now())
    assert counted() == 2
    roll(now=database_now())
    assert counted() == 2
    assert a_rebuild_agrees()
    # The control: a watermark of row numbers would have passed the early one by.
    assert Event.objects.filter(id__gt=seen_by_id).count() == 0
    assert Event.objects.get(key="early").pk < seen_by_id


def test_two_ticks_at_once_count_once(other):
    rebuild(now=database_now())
    record_facts(*[paid(number) for number in range(50)])
    other.execute("SELECT 1 FROM analytics_watermark FOR UPDATE")
    assert roll(now=database_now()) == 0, "somebody else is at it"
    other.rollback()
    barrier, rows = threading.Barrier(2), []

    def tick():
        try:
            barrier.wait(10)
            rows.append(roll(now=database_now()))
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    roll(now=database_now())
    assert len(rows) == 2
    assert counted() == 50
    assert a_rebuild_agrees()


@pytest.mark.processes
def test_a_tick_killed_before_its_watermark_has_done_nothing():
    rebuild(now=database_now())
    record_facts(*[paid(number) for number in range(5)])
    before = rollup_rows()
    worker = subprocess.run(
        [sys.executable, "-m", "tests.analytics.runner"],
        cwd=ROOT,
        env=child_environment("http://127.0.0.1:9", FAILPOINT="analytics.before_watermark"),
        timeout=60,
        check=False,
    )
    assert worker.returncode == -signal.SIGKILL
    assert rollup_rows() == before
    roll(now=database_now())
    assert counted() == 5
    assert a_rebuild_agrees()


def test_a_rebuild_among_writers(other):
    rebuild(now=database_now())
    stop = threading.Event()
    written = []

    def write():
        number = 1000
        while not stop.is_set() and number < 3000:
            other.execute(INSERT, [f"writer:{number}", number])
            other.commit()
            written.append(number)
            number += 1

    record_facts(*[paid(number) for number in range(30)])
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            rebuild(now=database_now())
            roll(now=database_now())
    finally:
        stop.set()
        writer.join(30)
    roll(now=database_now())
    assert written
    assert counted() == 30 + len(written)
    assert a_rebuild_agrees()


def test_old_hours_go_and_nothing_brings_a_part_of_them_back():
    now = at("2026-08-01 12:00")
    record_facts(paid(1), fact("order.paid", "2026-07-31 10:00", key="new", team_id=1, member_id=1, value=5))
    rebuild(now=at("2026-05-01 12:00"))
    assert HourFigure.objects.filter(dim="", kind="order.paid").count() == 2
    assert trim_hours(now=now) > 0
    assert trim_hours(now=now) == 0
    record_facts(
        paid(2), fact("order.paid", now - timedelta(days=HOURS_KEPT), key="edge", team_id=1, value=5)
    )
    roll(now=now)
    hours = HourFigure.objects.filter(dim="", kind="order.paid").values_list("hour", flat=True)
    assert sorted(hours) == [at("2026-05-03 12:00"), at("2026-07-31 10:00")]
    assert counted() == 4, "days stay"
    assert a_rebuild_agrees(now)
    Watermark.objects.update(hours_from=None)
    rebuild(now=now)
    assert HourFigure.objects.filter(dim="", kind="order.paid").count() == 2, "nor does a first one fill them"


def test_another_cluster_and_another_time_zone(settings):
    rebuild(now=database_now())
    record_facts(fact("order.paid", "2026-03-02 00:30", key="a", team_id=1, member_id=1, value=5))
    roll(now=database_now())
    rows = rollup_rows()
    # On another cluster transactions are numbered anew: what is there lies behind a floor.
    Watermark.objects.update(cluster=1, txid=10**15)
    assert needs_rebuild()
    assert roll(now=database_now()) == 0
    rebuild(now=database_now())
    assert rollup_rows() == rows
    record_facts(paid(2))
    roll(now=database_now())
    assert counted() == 2
    assert a_rebuild_agrees()
    settings.TIME_ZONE = "UTC"
    assert needs_rebuild()
    rebuild(now=database_now())
    assert not needs_rebuild()
    days = DayFigure.objects.filter(dim="", kind="order.paid").values_list("day", flat=True)
    assert [f"{day:%m-%d}" for day in days] == ["03-01"]
