"""Health, readiness and metrics for machines that watch us (D8)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.analytics.services.rolling import rebuild
from apps.imports.models import ImportJob
from community_ops import health
from tests.analytics.facts import fact, record_facts


def test_healthz_answers_any_host_without_the_database(client):
    answer = client.get("/healthz", headers={"host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_says_each_check(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "ready": True,
        "checks": {"database": "ok", "migrations": "ok", "broker": "ok"},
    }


@pytest.mark.django_db
def test_readyz_names_what_is_missing(client, monkeypatch, settings):
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'groups'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert "not applied" in answer.json()["checks"]["migrations"]


@pytest.mark.django_db
def test_readyz_tells_an_unreachable_broker_without_its_address(client, monkeypatch):
    from community_ops.celery import app

    secret = "redis://:hunter2@127.0.0.1:1/0"
    monkeypatch.setattr(app.conf, "broker_read_url", secret)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"].startswith("failed")
    assert "hunter2" not in answer.content.decode()


@pytest.mark.parametrize(
    ("address", "headers", "token", "allowed"),
    [
        ("127.0.0.1", {}, "", True),
        ("::1", {}, "", True),
        ("10.1.2.3", {}, "", False),
        ("", {}, "", False),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, "", False),
        ("10.1.2.3", {"Authorization": "Bearer sesame"}, "sesame", True),
        ("10.1.2.3", {"Authorization": "Bearer wrong"}, "sesame", False),
        ("10.1.2.3", {"Authorization": "Bearer "}, "", False),
    ],
)
def test_metrics_are_for_loopback_or_the_token(rf, settings, address, headers, token, allowed):
    settings.METRICS_TOKEN = token
    request = rf.get("/metrics", REMOTE_ADDR=address, headers=headers)
    assert health.may_read_metrics(request) is allowed


def test_metrics_refuse_strangers(client):
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 403


@pytest.mark.django_db
def test_metrics_are_progress_read_from_rows(client, make_delivery, operator):
    make_delivery("pending", -2)
    make_delivery("pending", 20)
    make_delivery("unknown", -5)
    make_delivery("awaiting_person", -1)
    ImportJob.objects.create(target="members", original_name="a.csv", created_by=operator, state="failed")
    text = client.get("/metrics").content.decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert 119 < float(values["community_ops_delivery_oldest_due_seconds"]) < 180
    assert float(values["community_ops_delivery_due"]) == 1
    assert float(values["community_ops_delivery_unknown"]) == 1
    assert float(values["community_ops_delivery_awaiting_person"]) == 1
    assert float(values['community_ops_import_jobs{state="failed"}']) == 1
    assert float(values['community_ops_import_jobs{state="done"}']) == 0
    assert float(values["community_ops_beat_last_tick_age_seconds"]) == -1
    today = sum(float(v) for k, v in values.items() if k.startswith("community_ops_deliveries_today"))
    assert 1 <= today <= 4  # near midnight some fall on the other side


@pytest.mark.django_db
def test_metrics_tell_of_the_business_once_a_minute(client):
    now = timezone.now()
    record_facts(
        fact("order.paid", now, member_id=1, value="30.50"),
        fact("order.refunded", now, member_id=1, value="10"),
        fact("group.joined", now - timedelta(days=1), group_id=1, member_id=1),
        fact("page.viewed", now - timedelta(days=1), member_id=1),
    )
    rebuild(now=now)
    text = client.get("/metrics").content.decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values["community_ops_orders_paid_today"]) == 1
    assert float(values["community_ops_revenue_today_yuan"]) == 20.5
    assert float(values["community_ops_members_in_groups"]) == 1
    assert float(values["community_ops_members_active_yesterday"]) == 1
    assert float(values["community_ops_rollup_age_seconds"]) >= 0
    record_facts(fact("order.paid", now, member_id=1, value="1"))
    rebuild(now=now)
    assert "community_ops_orders_paid_today 1.0" in client.get("/metrics").content.decode()


@pytest.mark.django_db
def test_metrics_fail_loudly_without_tables(client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE imports_importjob RENAME TO elsewhere")
    answer = client.get("/metrics")
    assert answer.status_code == 503
    assert answer.content == b"failed: ProgrammingError\n"


@pytest.mark.django_db
def test_metrics_have_as_many_series_however_large_the_house_is():
    """Labels name states of an enum, never a team, a group or a person: a Prometheus holds that."""
    from community_ops.metrics import REGISTRY

    labels = {name for family in REGISTRY.collect() for sample in family.samples for name in sample.labels}
    assert labels == {"state"}
    assert sum(len(family.samples) for family in REGISTRY.collect()) < 100
