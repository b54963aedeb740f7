"""What browsers report: only of pages that are shown, only from our pages, once, and not too much."""

import json
import secrets
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.campaigns.enums import RunState
from apps.campaigns.models import LandingVersion, Run
from apps.events.models import Event
from apps.h5.models import Touch
from apps.h5.services.beacons import MOST_OF_A_BLOCK, Sight, record_beacon
from apps.h5.views.base import VISITOR_COOKIE
from tests.campaigns.factories import make_member, make_run
from tests.h5.people import logged_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]


def page_facts() -> QuerySet[Event]:
    """What the beacon says; the visit itself is a fact of its own."""
    return Event.objects.filter(kind__startswith="page.").exclude(kind="page.visited")


@pytest.fixture
def run() -> Run:
    return make_run("assist", {"stages": [2]})


def make_version(run: Run, **fields: Any) -> LandingVersion:
    defaults: dict[str, Any] = {
        "number": 1,
        "state": "live",
        "published_at": timezone.now() - timedelta(days=1),
        "variant": "B",
        "blocks": [{"id": "aaaa1111", "kind": "hero", "section": "top", "data": {}}],
    }
    return LandingVersion.objects.create(campaign=run.campaign, **(defaults | fields))


def browser(client: Client | None = None) -> Client:
    client = client or Client()
    client.cookies[VISITOR_COOKIE] = secrets.token_urlsafe(24)
    return client


def send(client: Client, body: Any, **headers: str) -> HttpResponse:
    sent = {"Sec-Fetch-Site": "same-origin"} | {k.replace("_", "-"): v for k, v in headers.items()}
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post("/m/beacon/", text, content_type="text/plain", headers=sent)


def test_views_stays_and_taps_become_events(run: Run) -> None:
    version, member = make_version(run), make_member()
    sights = [["aaaa1111", "view", 900], ["aaaa1111", "dwell", 4500], ["aaaa1111", "tap", 5000]]
    response = send(browser(logged_in(member)), {"v": version.pk, "r": run.pk, "s": sights})
    assert response.status_code == 204
    events = {event.kind: event for event in page_facts()}
    assert set(events) == {"page.viewed", "page.section_viewed", "page.dwelled", "page.tapped"}
    dwelled = events["page.dwelled"]
    assert (dwelled.value, dwelled.member_id) == (4.5, member.pk)
    assert dwelled.data == {
        "campaign": run.campaign_id,
        "run": run.pk,
        "version": version.pk,
        "variant": "B",
        "block": "aaaa1111",
        "section": "top",
    }
    touch = Touch.objects.get()
    assert (touch.version_id, touch.variant) == (version.pk, "B")


def test_the_same_beacon_again_adds_nothing(run: Run) -> None:
    body = {"v": make_version(run).pk, "r": run.pk, "s": [["aaaa1111", "tap", 7]] * 3}
    client = browser()
    for _ in range(3):
        send(client, body)
    assert page_facts().count() == 2


def test_one_browser_writes_a_bounded_number_of_facts_an_hour(run: Run) -> None:
    """Whatever a script sends: per block one view, so many taps and so many stays."""
    version, token = make_version(run), secrets.token_urlsafe(24)
    now = timezone.now().replace(minute=5)
    for start in range(0, 2000, 50):
        for kind in ("tap", "dwell", "view"):
            sights = [Sight("aaaa1111", kind, start + n) for n in range(50)]
            record_beacon(
                token=token, member_id=None, version_id=version.pk, run_id=run.pk, sights=sights, now=now
            )
    kinds = Counter(Event.objects.filter(kind__startswith="page.").values_list("kind", flat=True))
    assert kinds == {
        "page.visited": 1,
        "page.viewed": 1,
        "page.section_viewed": 1,
        "page.tapped": MOST_OF_A_BLOCK,
        "page.dwelled": MOST_OF_A_BLOCK,
    }
    an_hour_on = now + timedelta(hours=1)
    again = [Sight("aaaa1111", "tap", 1)]
    record_beacon(
        token=token, member_id=None, version_id=version.pk, run_id=run.pk, sights=again, now=an_hour_on
    )
    assert Event.objects.filter(kind="page.tapped").count() == MOST_OF_A_BLOCK + 1


def test_two_taps_and_two_stays_of_a_person_are_both_counted(run: Run) -> None:
    sights = [["aaaa1111", "tap", 1300], ["aaaa1111", "tap", 5207], ["aaaa1111", "dwell", 3000]]
    client, version = browser(), make_version(run)
    send(client, {"v": version.pk, "r": run.pk, "s": sights})
    send(client, {"v": version.pk, "r": run.pk, "s": [["aaaa1111", "dwell", 8010]]})
    assert Event.objects.filter(kind="page.tapped").count() == 2
    assert Event.objects.filter(kind="page.dwelled").count() == 2


def test_a_page_that_nobody_published_counts_its_views_only(run: Run) -> None:
    assert send(browser(), {"v": 0, "r": run.pk, "s": [["aaaa1111", "view", 1]]}).status_code == 204
    assert list(page_facts().values_list("kind", flat=True)) == ["page.viewed"]


def test_blocks_of_another_page_are_ignored(run: Run) -> None:
    body = {"v": make_version(run).pk, "r": run.pk, "s": [["bbbb2222", "view", 1], ["\ud800", "tap", 1]]}
    assert send(browser(), body).status_code == 204
    assert not Event.objects.filter(kind="page.section_viewed").exists()


def test_a_version_that_is_not_shown_here_is_refused(run: Run) -> None:
    foreign = make_version(make_run("assist", {"stages": [2]}))
    draft = make_version(run, state="draft", published_at=None)
    retired_at = timezone.now() - timedelta(hours=3)
    old = make_version(run, number=2, state="retired", retired_at=retired_at)
    for pk in (foreign.pk, draft.pk, old.pk, 10**12):
        assert send(browser(), {"v": pk, "r": run.pk, "s": []}).status_code == 400
    Run.objects.filter(pk=run.pk).update(state=RunState.CANCELLED)
    assert send(browser(), {"v": 0, "r": run.pk, "s": []}).status_code == 400
    assert not page_facts().exists()
    assert not Touch.objects.exists()


def test_a_page_still_open_when_another_took_its_place_is_heard(run: Run) -> None:
    version = make_version(run, state="retired", retired_at=timezone.now() - timedelta(minutes=5))
    assert send(browser(), {"v": version.pk, "r": run.pk, "s": []}).status_code == 204
    assert Event.objects.filter(kind="page.viewed").exists()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[",
        "[]",
        "null",
        b"\xff\xfe",
        "[" * 3000,
        '{"v": true, "r": 1, "s": []}',
        '{"v": 1e999, "r": 1, "s": []}',
        '{"v": 1, "r": -1, "s": []}',
        '{"v": 1, "r": 99999999999999999999999, "s": []}',
        '{"v": 0, "r": 1, "s": {}}',
        '{"v": 0, "r": 1, "s": [["a", "view"]]}',
        '{"v": 0, "r": 1, "s": [["a", "buy", 1]]}',
        '{"v": 0, "r": 1, "s": [["a", "view", -1]]}',
        '{"v": 0, "r": 1, "s": [["a", "view", "1"]]}',
        json.dumps({"v": 0, "r": 1, "s": [["a", "tap", n] for n in range(51)]}),
        json.dumps({"v": 0, "r": 1, "s": [], "x": "x" * 4096}),
    ],
)
def test_nonsense_is_refused_before_the_tables_are_asked(body: str | bytes) -> None:
    assert send(browser(), body).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "none", "Origin": "http://testserver"},
    ],
)
def test_another_site_sends_no_beacons(run: Run, headers: dict[str, str]) -> None:
    assert send(browser(), {"v": 0, "r": run.pk, "s": []}, **headers).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://testserver"}, 204),
        ({"Referer": "http://testserver/m/r/1/"}, 204),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({}, 403),
    ],
)
def test_an_old_browser_is_judged_by_its_origin(run: Run, headers: dict[str, str], status: int) -> None:
    body = json.dumps({"v": 0, "r": run.pk, "s": []})
    response = browser().post("/m/beacon/", body, content_type="text/plain", headers=headers)
    assert response.status_code == status


def test_a_browser_without_our_cookie_leaves_nothing(run: Run) -> None:
    assert send(Client(), {"v": 0, "r": run.pk, "s": []}).status_code == 204
    assert not page_facts().exists()


def test_a_flood_is_turned_away(run: Run) -> None:
    client = browser()
    answers = [send(client, {"v": 0, "r": run.pk, "s": []}) for _ in range(62)]  # a minute may turn within it
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


def test_only_posts_are_beacons() -> None:
    assert Client().get("/m/beacon/").status_code == 405
