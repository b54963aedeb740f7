"""``POST /api/v1/events``: keys, limits, bodies."""

import gzip
import json

import pytest
from django.test import Client

from apps.accounts.api import counters as counting
from apps.accounts.api import guesses
from apps.analytics.api import bodies
from apps.core.clock import database_now
from apps.events.models import Event, EventSource
from apps.events.services.sources import revoke_source
from tests.analytics.ingesting.conftest import make_people, make_source

pytestmark = pytest.mark.django_db
URL = "/api/v1/events"


@pytest.fixture
def home(team):
    return make_people(team)


def post(key, body, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(
        URL, raw, content_type="application/json", headers={"Authorization": f"Bearer {key}", **headers}
    )


def test_a_batch_is_counted_and_a_repeat_is_known(team, home, make_item):
    source, key = make_source(team)
    body = {"events": [make_item(*home), {"key": "x"}]}
    first = post(key, body)
    assert first.status_code == 200
    assert first.json() | {"errors": []} == {"accepted": 1, "known": 0, "rejected": 1, "errors": []}
    (error,) = first.json()["errors"]
    assert (error["index"], error["key"], error["code"], error["field"]) == (1, "x", "bad_kind", "kind")
    again = post(key, gzip.compress(json.dumps(body).encode()), **{"Content-Encoding": "gzip"})
    assert (again.json()["accepted"], again.json()["known"]) == (0, 1)
    assert Event.objects.count() == 1
    source.refresh_from_db()
    assert source.last_used_at is not None


def test_only_a_living_key_opens_and_only_its_own_kinds(team, home, make_item):
    source, key = make_source(team, kinds=["spend.recorded"])
    assert source.key_hash not in key
    body = {"events": [make_item(*home)]}
    assert post(key, body).json()["errors"][0]["code"] == "bad_kind"
    for wrong in ("", "qc_", key[:-1], key + "x", "qc_" + "0" * 12 + "_x", key.replace("qc", "xx"), "密钥"):
        assert post(wrong.encode("utf-8").decode("latin-1"), body).status_code == 401
    assert Client().post(URL, "{}", content_type="application/json").status_code == 401
    root = source.created_by
    revoke_source(source=source, actor=root, now=database_now())
    assert post(key, body).status_code == 401


def test_a_member_or_a_session_is_no_source(admin_client, make_item):
    answer = admin_client.post(URL, json.dumps({"events": []}), content_type="application/json")
    assert answer.status_code == 401


def test_batches_per_minute_are_limited_for_each_source(team, monkeypatch):
    monkeypatch.setattr(counting, "counters", lambda: None)
    from apps.analytics.api import sources

    here = counting.Counters("", "test")
    monkeypatch.setattr(sources, "counters", lambda: here)
    _source, key = make_source(team, per_minute=2)
    _other, another = make_source(team, per_minute=2)
    statuses = [post(key, {"events": []}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert post(another, {"events": []}).status_code == 200


@pytest.mark.parametrize("url", ["", "redis://127.0.0.1:1/0"])
def test_who_tries_wrong_keys_is_not_told_about_the_next_one(team, settings, monkeypatch, url, caplog):
    """By address, on both doors of machines, and also while the counters' server is away."""
    settings.API_LIMITS = {"wrong_key_ip": [(3, 3600)]}
    here = counting.Counters(url, "test")
    monkeypatch.setattr(guesses, "counters", lambda: here)
    _source, key = make_source(team)
    body = {"events": []}
    assert [post("qc_x", body).status_code for _ in range(4)] == [401, 401, 401, 429]
    refused = post(key, body)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert 0 < int(refused["Retry-After"]) <= 3600
    elsewhere = Client(REMOTE_ADDR="203.0.113.7")
    sent = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {key}"}}
    assert elsewhere.post(URL, "{}", **sent).status_code == 400  # judged: the key is right
    reads = [
        Client().get("/api/v1/metrics/", headers={"Authorization": "Bearer qr_x"}).status_code
        for _ in range(4)
    ]
    assert reads == [401, 401, 401, 429]
    caplog.clear()


BODIES = [
    (b"", 400),
    (b"[]", 400),
    (b"{", 400),
    (b'{"events": 5}', 400),
    (b'{"events": [], "more": 1}', 400),
    (b'{"events": [{"value": NaN}]}', 400),
    (b'{"events": [{"value": 1e999}]}', 400),
    (b'{"events": [{"value": ' + b"9" * 6000 + b"}]}", 400),
    (b'{"events": [{"key": "\\u0000"}]}', 400),
    (b'{"events": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    (b"\xff\xfe", 400),
]


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_bodies_that_are_no_batch(team, number):
    raw, status = BODIES[number]
    _source, key = make_source(team)
    answer = post(key, raw)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/problem+json")
    assert not Event.objects.exists()


def test_whole_characters_may_be_escaped_and_half_ones_not(team, home, make_item):
    _source, key = make_source(team)
    good = json.dumps({"events": [make_item(*home, data={"type": "😀\u0001"})]})
    assert "\\ud83d\\ude00" in good
    assert post(key, good.encode()).json()["accepted"] == 1
    assert Event.objects.get().data == {"type": "😀\u0001"}
    assert post(key, good.replace("\\ude00", "").encode()).status_code == 400


def test_what_expands_without_end_is_not_expanded(team, monkeypatch):
    _source, key = make_source(team)
    monkeypatch.setattr(bodies, "MOST_EXPANDED", 10_000)
    bomb = gzip.compress(b'{"events": [' + b" " * 1_000_000 + b"]}")
    zipped = {"Content-Encoding": "gzip"}
    assert len(bomb) < 5_000
    assert post(key, bomb, **zipped).status_code == 413
    good = gzip.compress(b'{"events": []}')
    assert post(key, good, **zipped).status_code == 200
    assert post(key, good[:-4], **zipped).status_code == 400
    assert post(key, good + good, **zipped).status_code == 400
    assert post(key, b"plain", **zipped).status_code == 400
    assert post(key, good, **{"Content-Encoding": "br"}).status_code == 415
    monkeypatch.setattr(bodies, "MOST_SENT", 10)
    assert post(key, {"events": []}).status_code == 413


def test_the_description_names_every_kind_that_may_come(admin_client):
    from apps.events.schemas.registry import outside_kinds

    text = admin_client.get("/api/schema/?format=json").json()
    words = text["paths"]["/api/v1/events"]["post"]["description"]
    assert all(f"`{kind}`" in words for kind in outside_kinds())


def test_the_key_is_shown_once_and_a_source_may_be_stopped(admin_client, team):
    add = "/admin/events/eventsource/add/"
    assert admin_client.get(add).status_code == 200
    answer = admin_client.post(
        add, {"name": "商城", "team": team.pk, "kinds": ["spend.recorded"], "per_minute": 5}
    )
    source = EventSource.objects.get()
    assert "no-store" in answer["Cache-Control"]
    assert f"qc_{source.name_in_key}_" in answer.content.decode()
    page = admin_client.get(f"/admin/events/eventsource/{source.pk}/change/")
    assert page.status_code == 200
    assert source.key_hash not in page.content.decode()
    admin_client.post(
        "/admin/events/eventsource/", {"action": "revoke", "_selected_action": [source.pk]}, follow=True
    )
    source.refresh_from_db()
    assert source.revoked_at is not None
