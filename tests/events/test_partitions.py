"""The fact log's months: each has its partition before its first fact, and no fact is ever refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apps.core.clock import database_now
from apps.events.models import Event
from apps.events.services.partitions import ensure_partitions, move_out_of_default
from apps.events.services.recording import record

pytestmark = pytest.mark.django_db


def partition_of(event: Event) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM events_event WHERE key = %s", [event.key])
        return cursor.fetchone()[0]


def fact(key: str, at: datetime) -> Event:
    event = Event(key=key, occurred_at=at, kind="group.joined")
    record([event])
    return event


def test_a_fresh_installation_has_this_months_partition():
    now = database_now()
    assert partition_of(fact("now", now)) == f"events_event_{now:%Y_%m}"


def test_months_ahead_are_made_once():
    now = datetime(2031, 11, 30, 23, 59, tzinfo=UTC)
    names = [f"events_event_{name}" for name in ("2031_10", "2031_11", "2031_12", "2032_01", "2032_02")]
    assert ensure_partitions(now=now) == names
    assert ensure_partitions(now=now) == []
    assert partition_of(fact("last", now)) == names[1]
    assert partition_of(fact("first", now + timedelta(minutes=1))) == names[2]


def test_a_fact_of_any_other_time_is_kept_by_the_default_partition():
    old = fact("old", datetime(2001, 1, 1, tzinfo=UTC))
    assert partition_of(old) == "events_event_default"
    assert "events_event_2001_01" not in ensure_partitions(now=datetime(2001, 1, 5, tzinfo=UTC))


def test_late_facts_get_a_month_of_their_own_and_keep_who_they_are():
    old = fact("old", datetime(2001, 1, 1, tzinfo=UTC))
    fact("older", datetime(2000, 12, 31, 23, 59, tzinfo=UTC))
    before = Event.objects.filter(key="old").values_list().get()
    assert move_out_of_default(months=1) == ["events_event_2001_01"]
    assert partition_of(old) == "events_event_2001_01"
    assert Event.objects.filter(key="old").values_list().get() == before
    assert partition_of(fact("next", datetime(2001, 1, 31, tzinfo=UTC))) == "events_event_2001_01"
    assert move_out_of_default() == ["events_event_2000_12"]
    assert move_out_of_default() == []
    record([Event(key="old", occurred_at=old.occurred_at, kind="group.joined")])
    assert Event.objects.filter(key="old").count() == 1  # the month has its constraints
