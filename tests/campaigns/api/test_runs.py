"""What anybody may see of runs and entries, and what not."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.campaigns.enums import BenefitKind, RunState
from apps.campaigns.models import Entry
from tests.campaigns.api.conftest import problem_of
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start


def test_list_shows_what_goes_on_then_what_comes(anybody):
    now = timezone.now()
    late = make_run("assist", closes_at=now + timedelta(days=5))
    soon = make_run("assist", closes_at=now + timedelta(hours=2))
    coming = make_run("assist", state=RunState.SCHEDULED, opens_at=now + timedelta(hours=1))
    for state in (RunState.CANCELLED, RunState.CLOSED):
        make_run("assist", state=state)
    plan = make_run("assist", state=RunState.SCHEDULED, opens_at=now + timedelta(hours=1))
    plan.campaign.__class__.objects.filter(pk=plan.campaign_id).update(state="paused")
    rows = anybody.get("/runs/").json()["runs"]
    assert [row["id"] for row in rows] == [soon.pk, late.pk, coming.pk]
    assert 3500 < rows[2]["seconds_left"] <= 3600
    assert anybody.get(f"/runs/{plan.pk}/").status_code == 404


@pytest.mark.parametrize("quantity", [1, 3])
def test_list_costs_the_same_for_one_and_three(anybody, django_assert_num_queries, quantity):
    for _ in range(quantity):
        make_run("assist")
    with django_assert_num_queries(2):  # the clock and the runs
        assert len(anybody.get("/runs/").json()["runs"]) == quantity


def test_a_run_tells_worth_but_not_cost(anybody):
    prize = make_benefit(
        BenefitKind.PHYSICAL, name="保温杯", cost=Decimal("12.34"), face_value=Decimal("49.90")
    )
    run = make_run("group_buy", slots={"member": prize}, stock=10)
    slots = run.plan["slots"]
    body = anybody.get(f"/runs/{run.pk}/").json()
    assert body["stock"] == {"total": 10, "left": 10, "unit": "份"}
    assert body["page"]["mood"] == "before"
    assert body["opening"]["params"][0]["kind"] == "boolean"
    assert body["mechanic"]["mark"] == "拼"
    assert slots
    assert "12.34" not in str(body)
    assert "cost" not in str(body)


def test_benefits_are_named_with_their_face_value(anybody):
    prize = make_benefit(BenefitKind.PHYSICAL, name="保温杯", face_value=Decimal("49.90"))
    run = make_run("assist", {"stages": [2]}, slots={"stage_2": prize})
    (slot,) = anybody.get(f"/runs/{run.pk}/").json()["benefits"]
    assert slot["slot"] == "stage_2"
    assert slot["benefits"] == [{"name": "保温杯", "kind": "physical", "quantity": 1, "face_value": "49.90"}]


def test_an_entry_shows_each_viewer_their_own_page(anybody, caller):
    run = make_run("assist", {"stages": [2], "is_new_only": False})
    owner, friend = make_member("王小明"), make_member("李雷")
    entry = start(run, owner)
    play(entry, "help", friend)
    own = caller(owner).get(f"/entries/{entry.code}/").json()
    helped = caller(friend).get(f"/entries/{entry.code}/").json()
    unknown = anybody.get(f"/entries/{entry.code}/").json()
    assert own["is_mine"]
    assert own["page"]["mood"] == "nearly"
    assert helped["page"]["buttons"] == []
    assert unknown["page"]["buttons"][0]["verb"] == "help"
    assert unknown["page"]["done"] == "1"
    assert [(part["name"], part["is_mine"]) for part in helped["parts"]] == [("李**", True)]
    assert unknown["owner"] == "王**"
    for body in (own, unknown):
        assert "小明" not in str(body)
        assert "+86139" not in str(body)
    assert caller(owner).get(f"/runs/{run.pk}/").json()["my_entries"] == [entry.code]
    assert anybody.get(f"/runs/{run.pk}/").json()["my_entries"] == []


def test_nearly_full_teams_come_first_and_only_where_strangers_may_join(anybody):
    run = make_run("group_buy", {"size": 3}, stock=50)
    entries = [start(run, make_member()) for _ in range(3)]
    Entry.objects.filter(run=run).update(state="open", count=1, pending_count=0)
    Entry.objects.filter(pk=entries[1].pk).update(count=2)
    Entry.objects.filter(pk=entries[2].pk).update(count=3)
    rows = anybody.get(f"/runs/{run.pk}/entries", nearly_full=1).json()["entries"]
    assert [(row["code"], row["remaining"]) for row in rows] == [
        (entries[1].code, 1),
        (entries[0].code, 2),
    ]
    private = make_run("assist")
    start(private, make_member())
    problem_of(anybody.get(f"/runs/{private.pk}/entries"), 404)


def test_board_is_ordered_by_score_then_by_who_was_first(caller):
    run = make_run("assist", {"is_new_only": False})
    now = timezone.now()
    owners = [make_member(name) for name in "甲乙丙丁戊"]
    entries = [start(run, owner) for owner in owners]
    for entry, (score, minutes) in zip(entries, [(5, 9), (7, 3), (5, 1), (9, 0), (1, 0)], strict=True):
        Entry.objects.filter(pk=entry.pk).update(score=score, score_at=now + timedelta(minutes=minutes))
    me = caller(owners[0])
    body = me.get(f"/runs/{run.pk}/board", limit=3).json()
    assert [(row["rank"], row["name"][0]) for row in body["rows"]] == [(1, "丁"), (2, "乙"), (3, "丙")]
    assert body["mine"]["rank"] == 4
    around = me.get(f"/runs/{run.pk}/board", around="me", limit=3).json()["rows"]
    assert [(row["rank"], row["is_mine"]) for row in around] == [(3, False), (4, True), (5, False)]


@pytest.mark.parametrize("limit", ["0", "101", "x", "-1", "1e2", "٣", "9" * 30])
def test_odd_limits_are_refused_by_name(anybody, limit):
    assert problem_of(anybody.get("/runs/", limit=limit), 400)["field"] == "limit"


def test_unknown_addresses_are_problems_too(anybody):
    problem_of(anybody.get("/nothing/here"), 404)
    problem_of(anybody.get("/runs/999999/"), 404)
    problem_of(anybody.get("/entries/nope/"), 404)
    problem_of(anybody.get("/entries/a%00b/"), 400)
    problem_of(anybody.client.delete("/api/v1/runs/"), 405)
