"""Facts go when their time is over; figures stay, whatever is rebuilt (A1)."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from apps.analytics.models import DayFigure, MemberValue
from apps.analytics.services.retention import drop_old_facts
from apps.analytics.services.rolling import rebuild, roll
from apps.events.models import Event, SourceKey
from apps.events.services.partitions import ensure_partitions
from tests.analytics.facts import at, fact, record_facts, rollup_rows

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def paid(day: str, member: int = 1):
    return fact("order.paid", f"{day} 12:00", member_id=member, team_id=1, value=10)


def months() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events_event'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def old_months(transactional_db):
    """Partitions of 2023; gone with the test."""
    made = ensure_partitions(now=at("2023-10-15 00:00"))
    yield
    with connection.cursor() as cursor:
        for name in sorted(set(made) & months()):
            cursor.execute(f"DROP TABLE {name}")


@pytest.mark.django_db(transaction=True)
def test_a_month_is_dropped_once_it_is_counted_and_its_figures_outlive_a_rebuild(old_months) -> None:
    record_facts(paid("2023-09-10"), paid("2023-10-10"), paid("2023-11-20", 2), paid("2026-11-01"))
    rebuild(now=NOW)
    record_facts(paid("2023-10-11"))  # late, and not counted yet
    SourceKey.objects.create(source_id=1, digest="0" * 32, occurred_at=at("2023-10-11 12:00"))
    assert drop_old_facts(now=NOW) == ["events_event_2023_09"]
    assert not SourceKey.objects.exists()
    roll(now=NOW)
    assert drop_old_facts(now=NOW) == ["events_event_2023_10"]
    assert {event.occurred_at.year for event in Event.objects.all()} == {2023, 2026}
    assert "events_event_2023_11" in months()

    before = rollup_rows()
    assert DayFigure.objects.filter(kind="order.paid", dim="", team_id=1).count() == 5
    rebuild(now=NOW)
    assert rollup_rows() == before
    value = MemberValue.objects.get(member_id=1)
    assert (value.orders, value.paid) == (4, 40)


@pytest.mark.django_db(transaction=True)
def test_after_a_drop_late_and_new_facts_are_counted_once_by_whatever_comes_first(old_months) -> None:
    record_facts(paid("2023-10-10"), paid("2026-11-01"))
    rebuild(now=NOW)
    drop_old_facts(now=NOW)
    record_facts(paid("2023-10-10"), paid("2026-11-02", 3))
    rebuild(now=NOW)  # no tick between
    rebuild(now=NOW)
    roll(now=NOW)
    october = DayFigure.objects.get(kind="order.paid", dim="", day="2023-10-10")
    assert (october.count, october.value) == (2, 20)
    values = MemberValue.objects.order_by("member_id").values_list("member_id", "orders")
    assert list(values) == [(1, 3), (3, 1)]
    record_facts(paid("2023-10-12"))
    roll(now=NOW)
    drop_old_facts(now=NOW)  # it lies in the default partition
    assert not Event.objects.filter(occurred_at__lt=at("2023-11-01 08:00")).exists()
