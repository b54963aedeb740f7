"""No address of the member pages falls over what anybody can send: odd paths, queries, bodies, headers, in any state.

Every mechanic is met in every state of a run. Who looks, what is odd and the campaign's state go round beside them,
so that each odd thing meets many pages without every pair being tried.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.campaigns.enums import CampaignState, RunState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, Entry, Run, RunStock
from apps.campaigns.services.sharing import link_for
from apps.h5.urls import urlpatterns
from apps.h5.views.landing import kept
from apps.orders.models import Order
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import start
from tests.h5.people import logged_in

pytestmark = pytest.mark.django_db

PARTS = [
    "a%00b",
    "%ED%A0%80",
    "%FF%FE",
    "%E2%80%AEx",
    "0",
    "-1",
    "9" * 30,
    "%2e%2e%2f",
    "a" * 3000,
    "%27%22%3E%3Cscript%3E",
    "%D9%A1%D9%A2",
    "%0d%0aX:1",
]
QUERIES = [
    "did=%00&k=%00",
    "did=help&k=%ED%A0%80",
    "before=-1",
    "before=" + "9" * 30,
    "before=%D9%A1",
    "part=%00",
    "part=" + "9" * 30,
    "of=%00&as=%00&lang=%00",
    "e=%00&t=%00&w=%00",
    "v=" + "9" * 30,
    "next=%00//evil.example",
    "utm_source=%00&utm_medium=" + "x" * 3000,
    "%00=%00&&&=",
]
TEXTS = [
    "\x00",
    "a\x00b",
    "\u202egnp",
    "x" * 10_000,
    "-1",
    "9" * 5000,
    "<script>",
    "🎉" * 50,
    "١",
    "NaN",
    "1e999",
    "%s{}{{",
    "\uffff",
    "\u200b",
    " ",
]
BODIES = [
    (b"\xff\x00\xfe" * 100, "application/x-www-form-urlencoded"),
    (b"\xff\x00\xfe" * 100, "multipart/form-data"),
    (b"--x\r\n", "multipart/form-data; boundary=x"),
    (b"{}", "application/json"),
    (b"&".join(b"a%d=1" % n for n in range(1500)), "application/x-www-form-urlencoded"),
]
COOKIES = ("visitor", "member", "login", "login_wechat", "problem", "phone_hint", "came_from", "csrftoken")
HEADERS = {
    "HTTP_ACCEPT_LANGUAGE": ["x" * 3000, "\x00", ",,,", "../../etc", "zh-hans;q=9"],
    "HTTP_REFERER": ["http://[::1", "x" * 5000, "http://\xff/", "http://a:99999999/", "//"],
    "HTTP_ORIGIN": ["null", "http://[::1"],
    "HTTP_HOST": ["evil.example", "a b", "[::1", ""],
    "HTTP_X_FORWARDED_FOR": ["x" * 3000, "::::", "1.1.1.1, \x00"],
    "HTTP_USER_AGENT": ["", "\x00", "x" * 9999],
    "HTTP_IF_NONE_MATCH": ["x", "\x00"],
    "HTTP_SEC_FETCH_SITE": ["\x00"],
    "REMOTE_ADDR": ["", "garbage"],
}


@pytest.fixture(autouse=True)
def unlimited(settings) -> None:
    settings.API_LIMITS = {}


def patient(client: Client) -> Client:
    """A browser that takes an error as an answer."""
    client.raise_request_exception = False
    return client


def check(answer: HttpResponse, *what: Any) -> None:
    said = repr(getattr(answer, "exc_info", None))[:500]
    assert answer.status_code < 500, (answer.status_code, [str(one)[:80] for one in what], said)


def addresses(part: str) -> Iterator[str]:
    for pattern in urlpatterns:
        yield "/m/" + re.sub(r"<[^>]+>", lambda _found: part, str(pattern.pattern))
    yield f"/s/{part}"


@pytest.mark.parametrize("method", ["get", "post"])
def test_odd_paths_are_not_found(method: str) -> None:
    client = patient(logged_in(make_member()))
    for part in PARTS:
        for address in addresses(part):
            if part == PARTS[0] or part in address:
                check(getattr(client, method)(address), method, address)


@pytest.mark.parametrize("is_known", [True, False])
def test_every_address_refuses_methods_that_it_has_no_use_for(is_known: bool) -> None:
    client = patient(logged_in(make_member()) if is_known else Client())
    for part in ("1", "x"):
        for address in addresses(part):
            # What no pattern knows is not found; share and play pages ask who it is first.
            for method in ("put", "delete", "patch", "trace"):
                answer = getattr(client, method)(address)
                assert answer.status_code in (302, 404, 405), (method, address, answer.status_code)
            check(client.options(address), address)
            check(client.head(address), address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "me/",
        "me/entries/",
        "me/coupons/",
        "me/coupons/x/",
        "me/gifts/",
        "me/gifts/1/address/",
        "me/points/",
        "me/invites/",
        "pay/x/",
        "pay/x/state/",
    ],
)
def test_ones_own_pages_are_read_and_not_deleted(address: str) -> None:
    client = logged_in(make_member())
    for method in ("put", "delete", "patch"):
        assert getattr(client, method)(f"/m/{address}").status_code == 405
    if not address.startswith("pay/x/") and "address" not in address:
        assert client.post(f"/m/{address}").status_code == 405


def _world(mechanic: str, number: int, state: RunState) -> tuple[Run, Entry | None, Any]:
    """A run with an entry, then put into ``state``; some are sold out."""
    found = all_mechanics()[mechanic]
    is_swap = mechanic == "swap"
    rules = {"photos_least": 0} if is_swap else {}
    run = make_run(mechanic, rules, stock=4 if found.stock_word else None)
    owner = make_member()
    entry = None if number % 4 == 3 else start(run, owner, **({"title": "书"} if is_swap else {}))
    if number % 4 == 2:
        RunStock.objects.filter(run=run).update(stock=F("reserved") + F("sold"))
    now = timezone.now()
    times: dict[str, Any] = {"settled_at": now} if state == RunState.SETTLED else {}
    if state == RunState.SCHEDULED:
        times |= {"opens_at": now + timedelta(hours=1), "opened_at": None}
    elif state not in (RunState.OPEN, RunState.PAUSED):
        times |= {"closed_at": now, "closes_at": now}
    Run.objects.filter(pk=run.pk).update(state=state, **times)
    campaign_state = CampaignState.values[number % len(CampaignState.values)]
    Campaign.objects.filter(pk=run.campaign_id).update(state=campaign_state)
    kept.forget()
    return run, entry, owner


@pytest.mark.parametrize("mechanic", sorted(all_mechanics()))
def test_no_state_and_nothing_odd_makes_an_error(mechanic: str) -> None:
    queries, texts, bodies = cycle(QUERIES), cycle(TEXTS), cycle(BODIES)
    verbs = all_mechanics()[mechanic].verbs
    for number, state in enumerate(RunState):
        run, entry, owner = _world(mechanic, number, state)
        code = link_for(run=run, inviter_id=owner.pk, channel="share", now=timezone.now()).code
        reads = [f"/m/r/{run.pk}/{one}" for one in ("", "play/", "board/", "shelf/", "live/", "share/")]
        reads += [
            "/m/",
            "/m/me/",
            "/m/me/entries/",
            f"/s/{code}",
            f"/m/r/{run.pk}/seen.gif",
            "/m/photo/a.jpg",
        ]
        writes = [f"/m/r/{run.pk}/open/", "/m/contact/", "/m/login/", "/m/beacon/"]
        if entry is not None:
            reads += [f"/m/e/{entry.code}/", f"/m/e/{entry.code}/share/"]
            writes += [f"/m/e/{entry.code}/do/{verb.key}/" for verb in verbs]
            writes += [f"/m/pay/{order.number}/" for order in Order.objects.filter(member=owner)]
        people = [logged_in(owner), logged_in(make_member()), Client()]
        for place, address in enumerate(reads):
            client = patient(people[(place + number) % 3])
            query = next(queries)
            check(client.get(f"{address}?{query}"), mechanic, state, address, query)
        for place, address in enumerate(writes):
            client, text = patient(people[(place + number) % 3]), next(texts)
            data: dict[str, Any] = dict.fromkeys(("phone", "agree", "next", "code", "blocks", "theme"), text)
            for verb in verbs:
                for param in verb.params:
                    data |= {f"p_{param.key}": text, f"p_{param.key}_kept": text}
            check(client.get(address), mechanic, state, "form", address)
            check(client.post(address, {**data, "key": f"{'k' * 20}{number}"}), state, address, text)
            if place % 2 == number % 2:
                check(client.post(address, {**data, "key": text}), state, address, "key", text)
            else:
                body, kind = next(bodies)
                check(client.post(address, body, content_type=kind), state, address, kind)
        if entry is not None:
            file = ContentFile(b"\x89PNG\r\n\x1a\n" + b"\xff" * 50, name="\u202egnp.\x00png" + "x" * 300)
            address = f"/m/r/{run.pk}/open/"
            check(patient(people[0]).post(address, {"key": "f" * 20, "p_photos": file}), state, address)


def test_odd_cookies_make_no_error() -> None:
    run, member = make_run("assist"), make_member()
    values = ["", "x" * 8000, "\u00ff\u00fe", '"\\000"', "%00", "A" * 24, "gAAAAABm" + "A" * 100]
    pages = cycle([f"/m/r/{run.pk}/", f"/m/r/{run.pk}/play/", "/m/login/", "/m/login/code/", "/m/me/"])
    for name in COOKIES:
        for value in values:
            client = patient(logged_in(member))
            known = [f"{key}={morsel.value}" for key, morsel in client.cookies.items()]
            cookies = "; ".join([*known, f"{name}={value}"]).encode().decode("latin-1")
            page = next(pages)
            check(client.get(page, HTTP_COOKIE=cookies), name, value, page)


@pytest.mark.parametrize("header", sorted(HEADERS))
def test_odd_headers_make_no_error(header: str) -> None:
    run = make_run("assist")
    code = link_for(run=run, channel="share", now=timezone.now()).code
    for value in HEADERS[header]:
        kept.forget()
        for page in (f"/m/r/{run.pk}/", f"/m/r/{run.pk}/play/", f"/m/r/{run.pk}/seen.gif", f"/s/{code}"):
            client = patient(Client())
            client.cookies["visitor"] = "A" * 24
            check(client.get(page, **{header: value}), header, value, page)
