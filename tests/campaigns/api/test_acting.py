"""S2, C11: who acts comes from the token, what counts from the rules; a repeated key gets the first answer."""

import uuid
from datetime import timedelta

import pytest

from apps.campaigns.enums import RunState
from apps.campaigns.models import BlockedMember, Contribution, Entry
from apps.core.clock import database_now
from apps.members.models import MemberSession
from tests.campaigns.api.conftest import Caller, problem_of
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import start


@pytest.fixture
def run(db):
    return make_run("assist", {"stages": [3], "is_new_only": False})


@pytest.fixture
def owner(db):
    return make_member("发起人")


@pytest.fixture
def entry(run, owner):
    return start(run, owner)


@pytest.fixture
def friend(db):
    return make_member("朋友")


def test_a_member_opens_and_a_friend_helps(run, owner, friend, caller):
    opened = caller(owner).open(run)
    assert opened.status_code == 201
    entry = Entry.objects.get(code=opened.json()["code"])
    assert entry.owner == owner
    helped = caller(friend).act(entry, "help", **{"X-Device-Id": "phone-1"})
    assert helped.status_code == 200
    body = helped.json()
    assert (body["code"], body["is_repeat"]) == (entry.code, False)
    assert (body["answer"]["helped"], body["answer"]["count"]) == (1, 1)
    part = Contribution.objects.get(entry=entry)
    assert part.member == friend
    assert (len(part.ip_hash), len(part.device_hash)) == (16, 16)


def test_a_repeated_key_gets_the_first_answer(entry, friend, caller):
    app = caller(friend)
    first, second = (app.act(entry, "help", key="same") for _ in range(2))
    assert second.status_code == 200
    assert second.json() == first.json() | {"is_repeat": True}
    assert Contribution.objects.count() == 1
    problem = problem_of(app.act(entry, "help", {"photos": ["p"]}, key="same"), 422)
    assert problem["code"] == "key_reused"
    assert problem_of(app.act(entry, "help", key="new"), 409)["code"] == "already_helped"


@pytest.mark.parametrize("key", [None, " ", "x" * 81, "键", "a\tb"])
def test_a_key_is_required(run, friend, caller, key):
    app = caller(friend)
    header = {} if key is None else {"Idempotency-Key": key}
    problem = problem_of(app.open(run, key=None, **header), 400)
    assert problem["field"] == "Idempotency-Key"
    assert not Entry.objects.exists()


def test_identity_and_amounts_in_the_body_are_ignored(run, owner, entry, friend, caller):
    forged = {
        "member_id": owner.pk,
        "member": owner.pk,
        "owner_id": friend.pk,
        "inviter": friend.pk,
        "value": "99.00",
        "amount": 0,
        "is_new": True,
        "level": 99,
        "code": "other",
        "verb": "review",
        "state": "won",
    }
    assert caller(friend).act(entry, "help", forged).status_code == 200
    part = Contribution.objects.get()
    assert (part.member_id, part.value, part.entry_id) == (friend.pk, 1, entry.pk)
    assert caller(friend).open(run, forged).status_code == 201
    assert Entry.objects.latest("id").owner == friend
    entry.refresh_from_db()
    assert (entry.owner_id, entry.state) == (owner.pk, "open")


@pytest.mark.parametrize("token", ["forged", "x" * 500, "' OR 1=1 --", "a b", "null"])
def test_forged_tokens_are_refused_even_where_anybody_may_look(run, entry, token):
    app = Caller(token=token)
    for response in (app.get("/runs/"), app.act(entry, "help"), app.get("/me/grants")):
        assert problem_of(response, 401)["code"] == "bad_token"
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_expired_and_revoked_tokens_are_refused(entry, friend, caller):
    expired, revoked = caller(friend), caller(friend)
    now = database_now()
    first, second = MemberSession.objects.order_by("id")
    MemberSession.objects.filter(pk=first.pk).update(
        created_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1)
    )
    MemberSession.objects.filter(pk=second.pk).update(revoked_at=now)
    for app in (expired, revoked):
        problem_of(app.act(entry, "help"), 401)
    assert not Contribution.objects.exists()


def test_without_a_token_nobody_acts(run, entry, anybody):
    for response in (anybody.open(run), anybody.act(entry, "help"), anybody.get("/me/entries")):
        assert problem_of(response, 401)["code"] == "not_authenticated"


def test_a_staff_session_is_no_member(client, architect, run):
    client.force_login(architect)
    answer = client.post(
        f"/api/v1/runs/{run.pk}/entries", "{}", "application/json", headers={"Idempotency-Key": "k"}
    )
    assert answer.status_code == 401
    assert not Entry.objects.exists()


def test_a_members_token_is_no_staff(friend, caller):
    app = caller(friend)
    headers = {"Authorization": f"Bearer {app.token}"}
    assert app.client.get("/admin/", headers=headers).status_code == 302
    feed = app.client.get("/api/v1/content-calendar/posts", headers=headers)
    assert feed.status_code == 403
    assert app.client.get("/api/docs/", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "verb", ["review", "expire", "paid", "voided", "start", "nope", "on_help", "__init__"]
)
def test_members_reach_members_verbs_only(entry, friend, caller, verb):
    assert problem_of(caller(friend).act(entry, verb), 404)["code"] == "unknown_verb"


def test_refusals_have_their_status(run, owner, entry, friend, caller):
    assert problem_of(caller(owner).act(entry, "help"), 409)["code"] == "own_entry"
    BlockedMember.objects.create(member=friend, reason="刷单")
    assert problem_of(caller(friend).act(entry, "help"), 403)["code"] == "blocked"
    for state, code in ((RunState.PAUSED, "paused"), (RunState.CLOSED, "ended")):
        type(run).objects.filter(pk=run.pk).update(state=state)
        problem = problem_of(caller(make_member()).open(run), 409)
        assert problem["code"] == code
        assert problem["hint"]
    nobody = uuid.uuid4().hex[:16]
    assert problem_of(caller(owner).post(f"/entries/{nobody}/actions/help"), 404)["code"] == "not_found"
    problem_of(caller(owner).post("/runs/999999/entries"), 404)


ODD_BODIES = [
    "",
    "null",
    "[]",
    "1",
    '"x"',
    "{",
    "{'a': 1}",
    '{"photos": NaN}',
    '{"photos": 1e999}',
    '{"photos": ' + "9" * 5000 + "}",
    '{"photos": ' + "9" * 25 + "}",
    '{"photos": "' + "\\u0000" + '"}',
    '{"photos": ["' + "\\ud800" + '"]}',
    '{"' + "\\u0000" + '": 1}',
    '{"photos": {"a": {"b": 1}}}',
    '{"photos": [[["x"]]]}',
    '{"photos": 5}',
    '{"photos": [null, true, 1.5]}',
    '{"photos": ["x", "x", "x", "x", "x"]}',
    '{"a":' * 20_000 + "1" + "}" * 20_000,
    "[" * 100_000,
    b"\xff\xfe\x00",
    b'{"photos": "\xff"}',
    b"\x00",
    '{"photos": "\'; DROP TABLE campaigns_entry; --"}',
    '{"__proto__": {"x": 1}, "photos": ["%s", "{0}"]}',
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=range(len(ODD_BODIES)))
def test_odd_bodies_never_break_anything(entry, friend, caller, body):
    response = caller(friend).act(entry, "help", body)
    if response.status_code != 200:
        assert response.status_code in (400, 413)
        problem_of(response, response.status_code)


def test_a_huge_body_is_413(entry, friend, caller):
    assert problem_of(caller(friend).act(entry, "help", "x" * 70_000), 413)["code"] == "too_large"


def test_another_media_type_is_415(entry, friend, caller):
    app = caller(friend)
    answer = app.client.post(
        f"/api/v1/entries/{entry.code}/actions/help",
        {"photos": "x"},
        headers={"Authorization": f"Bearer {app.token}", "Idempotency-Key": "k"},
    )
    problem_of(answer, 415)


@pytest.mark.parametrize("code", ["x" * 500, "' OR 1=1", "%F0%9F%98%80", "..%2f..%2fadmin", "-1"])
def test_odd_codes_are_not_found(friend, caller, code):
    assert caller(friend).get(f"/entries/{code}/").status_code == 404
    assert caller(friend).post(f"/entries/{code}/actions/help").status_code == 404


def test_limits_tell_when_to_come_back(entry, friend, caller, settings):
    settings.API_LIMITS = {"act_verb": [(2, 60)], "act_ip": [(1_000, 60)]}
    app = caller(friend)
    codes = [app.act(entry, "help").status_code for _ in range(2)]
    assert codes == [200, 409]
    response = app.act(entry, "help")
    problem = problem_of(response, 429)
    assert problem["code"] == "too_many"
    assert 1 <= int(response["Retry-After"]) <= 60
    assert response["Retry-After"] in problem["hint"]
    assert caller(make_member()).act(entry, "help").status_code == 200
    assert app.get(f"/entries/{entry.code}/").status_code == 200


def test_limits_hold_per_address_for_whoever_it_is(run, anybody, settings):
    settings.API_LIMITS = {"read_ip": [(3, 3600)]}
    settings.TRUSTED_PROXIES = 1
    sent = [
        anybody.client.get("/api/v1/runs/", headers={"X-Forwarded-For": f"6.6.6.{n}, 203.0.113.7"})
        for n in range(4)
    ]
    assert [answer.status_code for answer in sent] == [200, 200, 200, 429]
