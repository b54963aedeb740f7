"""A run so busy that its row is shared without a gap can still be paused and ended (C10)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, connections, transaction

from apps.campaigns.enums import RunState
from apps.campaigns.models import Run
from apps.campaigns.services.runs import close_due_runs, pause_run
from apps.core.errors import WrongState
from tests.campaigns.runs.conftest import FRIDAY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _roles(transactional_db):
    """A flushed database has lost the shipped roles."""
    from community_ops.roles import sync_roles

    sync_roles()


@contextmanager
def verbs_without_a_gap(run: Run, *, count: int, seconds: float) -> Iterator[list[int]]:
    """``count`` connections that share the run's row for ``seconds`` again and again, as verbs do."""
    stop, started, done = threading.Event(), threading.Barrier(count + 1), [0]

    def share() -> None:
        try:
            connection.ensure_connection()
            started.wait(timeout=10)
            while not stop.is_set():
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SELECT 1 FROM campaigns_run WHERE id = %s FOR SHARE", [run.pk])
                    cursor.execute("SELECT pg_sleep(%s)", [seconds])
                done[0] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=share) for _number in range(count)]
    for thread in threads:
        thread.start()
    started.wait(timeout=10)
    stop_after = threading.Event()
    stop_after.wait(0.2)  # until they overlap
    try:
        yield done
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=10)


def test_a_hot_run_can_be_paused_and_ended(open_run, chief):
    with verbs_without_a_gap(open_run, count=24, seconds=0.02) as done:
        paused = pause_run(run=open_run, actor=chief, now=FRIDAY)
        before = done[0]
        assert close_due_runs(now=open_run.closes_at) == 1
    assert paused.state == RunState.PAUSED
    assert done[0] > before  # verbs went on afterwards
    open_run.refresh_from_db()
    assert open_run.state == RunState.CLOSED


def test_control_the_row_alone_is_never_had(open_run):
    """What ``lock_run`` would do without its way round."""
    with verbs_without_a_gap(open_run, count=24, seconds=0.02), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '1500ms'")
        with pytest.raises(OperationalError), transaction.atomic():
            Run.objects.select_for_update(no_key=True).get(pk=open_run.pk)


def test_a_stuck_verb_is_said_and_changes_nothing(open_run, chief):
    holding, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Run.objects.raw("SELECT * FROM campaigns_run WHERE id = %s FOR SHARE", [open_run.pk])[0]
                holding.set()
                assert may_go.wait(timeout=30)
        finally:
            connections.close_all()

    verb = threading.Thread(target=hold)
    verb.start()
    try:
        assert holding.wait(timeout=10)
        with pytest.raises(WrongState) as refusal:
            pause_run(run=open_run, actor=chief, now=FRIDAY)
        assert close_due_runs(now=open_run.closes_at) == 0  # the next tick tries again
    finally:
        may_go.set()
        verb.join(timeout=10)
    assert refusal.value.code == "busy"
    open_run.refresh_from_db()
    assert open_run.state == RunState.OPEN
    assert close_due_runs(now=open_run.closes_at) == 1
