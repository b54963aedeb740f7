"""What a scan costs follows what is due: time conditions must be served by an index (D7)."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from apps.channels.models import Channel
from apps.channels.services import leasing, upkeep
from apps.core.clock import database_now

pytestmark = pytest.mark.django_db

_LEASE = {"lease": 1.0, "limit": 9, "margin": 0.2, "drivers": ["wecom_robot"]}
_CLAIM = {"lease": 1.0, "channels": [1], "tokens": [1], "counts": [9]}
_WORDS = {"reason": "x", "manual": ["manual"]}


@pytest.fixture
def a_full_outbox(make_due):
    """Thousands of messages ahead on several channels, and statistics that know it."""
    ahead = database_now() + timedelta(days=1)
    for number in range(10):
        channel = Channel.objects.create(
            name=f"机器人{number}", driver="wecom_robot", secret="robot-00000001"
        )
        make_due(channel, 400, due_at=ahead)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE channels_delivery, channels_channel")


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (leasing.LEASE, _LEASE),
        (leasing.CLAIM, _CLAIM),
        (upkeep._MISS.format(states=upkeep._WAITING[0]), _WORDS),
        (upkeep._HOLD, _WORDS),
        (upkeep._HAND_OVER, _WORDS),
    ],
    ids=["lease", "claim", "miss", "hold", "hand over"],
)
def test_due_time_is_an_index_condition(statement, values, a_full_outbox):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {statement}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    conditions = [line for line in plan.splitlines() if "Index Cond" in line]
    assert any("due_at <= statement_timestamp()" in line for line in conditions), plan
    assert "Seq Scan on channels_delivery" not in plan


def test_control_a_volatile_clock_cannot_use_the_index(a_full_outbox):
    statement = leasing.LEASE.replace("statement_timestamp()", "clock_timestamp()")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {statement}", _LEASE)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert not any("due_at <=" in line for line in plan.splitlines() if "Index Cond" in line)
