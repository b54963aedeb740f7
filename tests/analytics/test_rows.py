"""A2: every figure opens the rows behind it, and both agree. S1: no row of another team."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import AuditEntry, Team, User
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.rows import Behind, every_row, rows, totals
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.members.models import Member
from tests.analytics.facts import at, fact, record_facts
from tests.analytics.test_metrics_known import KNOWN_BY_KEY, WEEK, week

#: A figure that counts members is the members of its rows, one that counts facts is their number …
MEMBERS = (
    "new_members", "joins", "leavers", "members_in_groups", "registered", "active_members", "buyers", "participants",
    "invited",
)  # fmt: skip
FACTS = ("clicks", "visits", "messages", "orders")
#: … and one that adds money is their sum.
SUMS = ("reward_cost", "product_cost", "spend", "cost")
#: For shares: (kind alone, what its rows are): the numerator.
PARTS = {
    "leave_rate": ("", "members"),
    "speaking_rate": ("", "members"),
    "checkin_rate": ("", "members"),
    "conversion_rate": ("", "members"),
    "effective_rate": ("campaign.contributed", "denominator"),
    "acquire_rate": ("visit.converted", "members"),
    "average_order": ("", "value"),
    "refund_rate": ("order.refunded", "value"),
    "invites_per_participant": ("", "facts"),
    "acceptance": ("", "members"),
    "k_factor": ("campaign.entered", "denominator"),
}


@pytest.fixture
def known_week(db):
    record_facts(*week())
    rebuild(now=database_now())


def behind(key, dim=Dimension.TOTAL, name="", kind="", scope=Scope(None)):  # noqa: B008 - frozen
    return Behind(all_metrics()[key], scope, WEEK, dim, name, kind)


def figure(key, dim=Dimension.TOTAL, name=""):
    keys = [name] if dim else None
    return readings([all_metrics()[key]], scope=Scope(None), period=WEEK, dim=dim, keys=keys)[name][key]


@pytest.mark.usefixtures("known_week")
def test_figures_and_their_rows_agree():
    for key in MEMBERS:
        assert totals(behind(key)).members == figure(key).value, key
    for key in FACTS:
        assert totals(behind(key)).facts == figure(key).value, key
    for key in SUMS:
        assert totals(behind(key)).value == figure(key).value, key
    for key, (kind, part) in PARTS.items():
        sums, reading = totals(behind(key, kind=kind)), figure(key)
        if part == "denominator":
            assert sums.members == reading.denominator, key
        else:
            assert getattr(sums, part) == reading.numerator, key
    for dim, name, key in KNOWN_BY_KEY:
        if key in MEMBERS:
            assert totals(behind(key, dim, name)).members == figure(key, dim, name).value, (dim, key)


@pytest.mark.usefixtures("known_week")
def test_every_metric_opens_and_pages_hold_each_row_once():
    for key, metric in all_metrics().items():
        assert metric.rows, key
        seen, place = [], None
        while True:
            page, place = rows(behind(key), before=place, limit=3)
            seen += [fact.id for fact in page]
            if place is None:
                break
        assert len(seen) == len(set(seen)) == totals(behind(key)).facts, key
        assert seen == [fact.id for page in every_row(behind(key), at_most=99) for fact in page]
        assert not totals(behind(key, scope=Scope(frozenset({2})))).facts, key


@pytest.mark.django_db
def test_the_page_names_masked_members_and_nothing_of_other_teams(client):
    """S1, M3: an operator of one team reads its facts with masked names; the file holds the same."""
    ours, theirs = Team.objects.create(name="华东"), Team.objects.create(name="华南")
    user = _operator("su", ours)
    member = Member.objects.create(phone="+8613900000001", nickname="=王小明")
    now = database_now()
    for number, team in enumerate((ours, ours, theirs)):
        record_facts(
            fact(
                "order.paid",
                now - timedelta(minutes=number),
                team_id=team.pk,
                member_id=member.pk,
                value=10 + number,
                subject=f"order:{900 + number}",
            )
        )
    rebuild(now=now)
    client.force_login(user)
    address = reverse("admin:analytics_rows")
    page = client.get(address, {"metric": "revenue"})
    body = page.content.decode()
    assert page.status_code == 200
    assert [f"订单 #{number}" in body for number in (900, 901, 902)] == [True, True, False]
    assert not any(secret in body for secret in ("王小明", "13900000001"))
    assert "¥21.00" in body
    file = client.get(reverse("admin:analytics_rows_export"), {"metric": "revenue"})
    text = b"".join(file.streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert [line[4] for line in lines[1:]] == ["订单 #900", "订单 #901"]
    assert "王小明" not in text
    noted = AuditEntry.objects.get(action="dashboard.export")
    assert (noted.actor, noted.detail["what"], noted.detail["count"]) == (user, "revenue", 2)


@pytest.mark.usefixtures("known_week")
def test_a_file_is_one_look_at_the_log_and_says_where_it_is_cut(client, architect, monkeypatch):
    client.force_login(architect)
    monkeypatch.setattr("apps.analytics.admin.pages.rows.MOST_EXPORTED", 3)
    asked = {"metric": "orders", "from": WEEK.first.isoformat(), "to": WEEK.last.isoformat()}
    assert totals(behind("orders")).facts > 3
    with CaptureQueriesContext(connection) as seen:
        file = client.get(reverse("admin:analytics_rows_export"), asked)
        lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 3 + 1
    assert "只含最近的 3 条" in lines[-1]
    assert sum("FROM events_event e WHERE" in query["sql"] for query in seen.captured_queries) == 1
    assert AuditEntry.objects.get(action="dashboard.export").detail["count"] == 3


@pytest.mark.usefixtures("known_week")
def test_what_takes_too_long_to_count_is_not_counted(client, architect, monkeypatch):
    def too_long(_cursor, _who, _where, _values):
        raise DomainError("zu viel")

    client.force_login(architect)
    monkeypatch.setattr("apps.analytics.selectors.rows._sums", too_long)
    page = client.get(reverse("admin:analytics_rows"), {"metric": "members_in_groups"})
    assert "没有数完" in page.content.decode()


def test_the_table_of_a_chart_leaves_a_trace_too(client, architect):
    client.force_login(architect)
    assert (
        client.get(reverse("admin:analytics_overview"), {"export": "money", "q": "王小明"}).status_code == 200
    )
    detail = AuditEntry.objects.get(action="dashboard.export").detail
    assert (detail["page"], detail["what"]) == ("overview", "money")
    assert "王小明" not in str(detail)


@pytest.mark.django_db
def test_the_page_is_for_those_who_may_see_figures(client):
    client.force_login(User.objects.create_user("nobody", password="x", is_staff=True))
    assert client.get(reverse("admin:analytics_rows"), {"metric": "revenue"}).status_code == 403
    assert client.get(reverse("admin:analytics_rows_export"), {"metric": "revenue"}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"metric": "nothing"},
        {"metric": "revenue", "dim": "group", "key": "x' OR 1=1"},
        {"metric": "revenue", "dim": "nowhere"},
        {"metric": "health", "dim": "run", "key": "1"},
        {"metric": "revenue", "kind": "member.imported"},
        {"metric": "revenue", "before": "yesterday_1"},
        {"metric": "revenue", "before": "2026-03-01T00:00:00+00:00_99999999999999999999"},
        {"metric": "revenue", "before": "2026-03-01T00:00:00+23:59_1"},
        {"metric": "revenue", "before": "0001-01-01T00:00:00+14:00_1"},
        {"metric": "revenue", "before": "9999-12-31T23:59:59-14:00_1"},
        {"metric": "retention_d30", "from": "0001-01-01", "to": "0001-01-02"},
    ],
)
def test_odd_addresses_are_answered(client, query):
    client.force_login(_operator("su", Team.objects.create(name="华东")))
    rebuild(now=database_now())
    assert client.get(reverse("admin:analytics_rows"), query).status_code == 200


@pytest.mark.django_db
def test_a_page_of_fifty_rows_costs_as_many_queries_as_one(client, django_assert_max_num_queries):
    team = Team.objects.create(name="华东")
    client.force_login(_operator("su", team))
    member = Member.objects.create(phone="+8613900000001", nickname="王")
    rebuild(now=database_now())
    for count in (1, 60):
        now = at("2026-03-04 10:00")
        record_facts(
            *(
                fact(
                    "order.paid",
                    now + timedelta(minutes=number),
                    team_id=team.pk,
                    member_id=member.pk,
                    group_id=1,
                    value=1,
                    subject=f"order:{number}",
                    data={"campaign": 1, "run": 1},
                )
                for number in range(count)
            )
        )
        with django_assert_max_num_queries(32):
            page = client.get(
                reverse("admin:analytics_rows"),
                {"metric": "orders", "from": "2026-03-04", "to": "2026-03-04"},
            )
    assert "更早的 50 条" in page.content.decode()


def _operator(name: str, team: Team) -> User:
    from django.contrib.auth.models import Group as Role

    user = User.objects.create_user(name, password="x", is_staff=True)
    user.teams.add(team)
    user.groups.add(Role.objects.get(name="group_operator"))
    return user


def test_every_unit_of_the_registry_can_be_said():
    assert {metric.unit for metric in all_metrics().values()} <= set(Unit)
