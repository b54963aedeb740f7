"""Figures for machines: whose, which, how exact; keys that open nothing more than they should."""

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.models import ReportKey
from apps.analytics.services.report_keys import create_key, revoke_key
from apps.analytics.services.rolling import rebuild
from apps.core.errors import Invalid, NotAllowed
from tests.analytics.facts import at, fact, record_facts

NOW = at("2026-03-10 09:00")


@pytest.fixture
def other(db):
    return Team.objects.create(name="华南组")


@pytest.fixture
def facts(team, other):
    record_facts(
        fact("order.paid", "2026-03-01 10:00", team=team, member_id=1, value="10.10", data={"run": 7}),
        fact("order.paid", "2026-03-02 10:00", team=team, member_id=1, value="20.20"),
        fact("order.paid", "2026-03-02 23:59:59.999", team=team, member_id=2, value="5"),
        fact("order.paid", "2026-03-03 00:00", team=other, member_id=3, value="100"),
    )
    rebuild(now=NOW)


@pytest.fixture
def ask(client):
    def get(key, metric="", headers=None, **query):
        address = reverse("analytics:readings", args=[metric]) if metric else reverse("analytics:metrics")
        said = {"Authorization": f"Bearer {key}"} if key else {}
        return client.get(address, query, headers={**said, **(headers or {})})

    return get


@pytest.fixture
def key(architect, team):
    return create_key(name="平台", team=team, actor=architect, now=NOW)[1]


@pytest.fixture
def house_key(architect):
    return create_key(name="总部", team=None, actor=architect, now=NOW)[1]


SPAN = {"from": "2026-03-01", "to": "2026-03-03"}


def test_metrics_come_with_their_words(ask, key):
    found = {row["key"]: row for row in ask(key).json()["metrics"]}
    assert found["repurchase_rate"]["unit"] == "percent"
    assert "付款两次以上" in found["repurchase_rate"]["definition"]
    assert "run" in found["revenue"]["dimensions"]


def test_a_key_reads_its_teams_figures_exactly(ask, key, house_key, facts):
    (total,) = ask(key, "revenue", **SPAN).json()["readings"]
    assert (total["value"], total["first"], total["last"]) == ("35.30", "2026-03-01", "2026-03-03")
    assert ask(house_key, "revenue", **SPAN).json()["readings"][0]["value"] == "135.30"
    days = ask(key, "revenue", interval="day", **SPAN).json()["readings"]
    assert [row["value"] for row in days] == ["10.10", "25.20", "0.00"] or [
        float(row["value"]) for row in days
    ] == [10.10, 25.20, 0]
    (share,) = ask(key, "repurchase_rate", **SPAN).json()["readings"]
    assert (share["numerator"], share["denominator"], share["value"]) == ("1", "2", "0.5")
    assert 0 < share["low"] < 0.5 < share["high"] < 1
    assert share["is_small"]
    (run,) = ask(key, "revenue", dim="run", **SPAN).json()["readings"]
    assert (run["key"], run["value"]) == ("7", "10.10")
    weeks = ask(key, "revenue", interval="week", **SPAN).json()["readings"]
    assert [row["first"] for row in weeks] == ["2026-03-01", "2026-03-02"]


@pytest.mark.parametrize(
    ("metric", "query", "status", "field"),
    [
        ("nothing", {}, 404, None),
        ("revenue", {"from": "gestern"}, 400, "from"),
        ("revenue", {"from": "2026-03-02", "to": "2026-03-01"}, 400, "from"),
        ("revenue", {"from": "2020-01-01", "to": "2026-03-01"}, 400, "from"),
        ("revenue", {"from": "2024-01-01", "to": "2026-03-01", "interval": "day"}, 400, "interval"),
        ("revenue", {"interval": "minute"}, 400, "interval"),
        ("revenue", {"dim": "phone"}, 400, "dim"),
        ("revenue", {"dim": "run", "interval": "day"}, 400, "key"),
    ],
)
def test_what_is_asked_wrongly_is_a_problem(ask, key, metric, query, status, field):
    answer = ask(key, metric, **query)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["field"] == field


def test_a_dimension_without_end_is_cut_at_its_largest(ask, key, team, monkeypatch):
    record_facts(
        *(
            fact("order.paid", "2026-03-02 10:00", team=team, member_id=1, value=1, data={"run": run})
            for run in (1, 2, 2, 3, 3, 3)
        )
    )
    rebuild(now=NOW)
    whole = ask(key, "revenue", dim="run", **SPAN).json()
    assert [row["key"] for row in whole["readings"]] == ["1", "2", "3"]
    assert not whole["is_cut"]
    monkeypatch.setattr("apps.analytics.api.metrics._MOST_KEYS", 2)
    cut = ask(key, "revenue", dim="run", **SPAN).json()
    assert [row["key"] for row in cut["readings"]] == ["2", "3"]
    assert cut["is_cut"]


def test_an_etag_saves_the_second_look(ask, key, house_key, facts):
    first = ask(key, "revenue", **SPAN)
    again = ask(key, "revenue", headers={"If-None-Match": first["ETag"]}, **SPAN)
    assert (again.status_code, again.content) == (304, b"")
    assert ask(house_key, "revenue", headers={"If-None-Match": first["ETag"]}, **SPAN).status_code == 200
    rebuild(now=at("2026-03-10 10:00"))
    assert ask(key, "revenue", headers={"If-None-Match": first["ETag"]}, **SPAN).status_code == 200


def test_nobody_on_the_way_keeps_figures_or_refusals(ask, key, facts):
    assert ask(key, "revenue", **SPAN)["Cache-Control"] == "private, no-cache"
    for answer in (
        ask("qr_000000000000_x", "revenue"),
        ask(key, "nothing"),
        ask(key, "revenue", dim="phone"),
    ):
        assert answer["Cache-Control"] == "no-store", answer.status_code


def test_a_new_key_works_beside_the_old_one_until_that_is_revoked(ask, key, architect, team):
    """How a key is changed without a gap."""
    second = create_key(name="平台新钥匙", team=team, actor=architect, now=NOW)[1]
    assert [ask(one).status_code for one in (key, second)] == [200, 200]
    revoke_key(key=ReportKey.objects.get(name="平台"), actor=architect, now=NOW)
    assert [ask(one).status_code for one in (key, second)] == [401, 200]


def test_only_a_good_key_or_staff_read(ask, client, key, facts, make_user, team, other, architect):
    assert ask("", "revenue").status_code in {401, 403}
    for wrong in ("qr_000000000000_x", key[:-1], "", "Ω" * 5):
        assert client.get(
            reverse("analytics:metrics"), headers={"Authorization": f"Bearer {wrong}".encode().decode("latin-1")}
        ).status_code == 401  # fmt: skip
    row = ReportKey.objects.get()
    assert row.key_hash not in key
    revoke_key(key=row, actor=architect, now=NOW)
    assert ask(key, "revenue").status_code == 401
    client.force_login(make_user("op", Role.GROUP_OPERATOR, other))
    (total,) = ask("", "revenue", **SPAN).json()["readings"]
    assert total["value"] == "100.00"
    client.force_login(make_user("till", Role.MEMBER_SERVICE, team))
    assert ask("", "revenue").status_code == 403


def test_a_key_opens_nothing_else(client, key):
    for address in ("/api/v1/content-calendar/groups", "/api/schema/"):
        assert client.get(address, headers={"Authorization": f"Bearer {key}"}).status_code in {401, 403}


def test_keys_are_made_for_ones_own_team_only(make_user, team, other, architect):
    operator = make_user("op", Role.GROUP_OPERATOR, team)
    with pytest.raises(NotAllowed):
        create_key(name="x", team=None, actor=operator, now=NOW)
    with pytest.raises(NotAllowed):
        create_key(name="x", team=other, actor=operator, now=NOW)
    with pytest.raises(Invalid):
        create_key(name=" ", team=team, actor=architect, now=NOW)


def test_too_many_are_held_back(ask, key, monkeypatch):
    monkeypatch.setattr("apps.analytics.api.authentication._PER_MINUTE", 2)
    assert [ask(key).status_code for _n in range(3)] == [200, 200, 429]
