"""Visits at the same time: one row a deed, one touch a visit, one member a browser; and a member who goes meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.campaigns.models import Entry, Run
from apps.campaigns.services.sharing import link_for
from apps.core.clock import database_now
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion, Touch, Visitor
from apps.h5.selectors.tokens import hash_of
from apps.h5.services import visits
from apps.h5.services.attribution import record_conversion
from apps.h5.services.consents import TERMS_VERSION
from apps.h5.services.logging_in import log_in
from apps.h5.services.posters import prune_posters
from apps.h5.services.visits import adopt_visitor, touch
from apps.h5.views.base import VISITOR_COOKIE
from apps.members.enums import LoginWay
from apps.members.models import Member, MemberSession
from tests.campaigns.factories import make_member, make_members, make_run
from tests.campaigns.guards import without_constraint
from tests.campaigns.together import together
from tests.h5.people import logged_in

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "browser-token-0123456789"


def _unlocked(together_: int):
    """What ``visits._visitor`` must not be: reads the row without a lock, so that all have read before one writes."""
    bell = Barrier(together_)

    def visitor(token: str, _device_hash: str, _now: datetime) -> Visitor:
        found = Visitor.objects.get(token_hash=hash_of(token))
        bell.wait(timeout=20)
        return found

    return visitor


def _refuse_errors(results: list) -> None:
    assert not [result for result in results if isinstance(result, Exception)]


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_deed_told_by_many_at_once_is_one_conversion(is_guarded: bool) -> None:
    run, member, now = make_run("assist"), make_member(), database_now()
    touch(token=TOKEN, run_id=run.pk, now=now)

    def tell() -> None:
        record_conversion(
            kind=ConversionKind.PART, ref=7, run_id=run.pk, member_id=member.pk, visitor_token=TOKEN, now=now
        )

    if is_guarded:
        _refuse_errors(together([tell] * 24))
        row = Conversion.objects.get()
        assert row.first_touch == Touch.objects.get()
        return
    with without_constraint("h5_conversion", "conversion_once"):
        together([tell] * 24)
        assert Conversion.objects.count() > 1


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_page_asked_for_many_times_at_once_is_one_touch(monkeypatch, settings, is_guarded: bool) -> None:
    """A browser that opens tabs, retries and draws ahead, by real requests."""
    settings.API_LIMITS = {}
    run = make_run("assist")
    touch(token=TOKEN, run_id=make_run("assist").pk, now=database_now())
    if not is_guarded:
        monkeypatch.setattr(visits, "_visitor", _unlocked(8))

    def look() -> int:
        browser = Client(headers={"User-Agent": "Mozilla/5.0"})
        browser.cookies[VISITOR_COOKIE] = TOKEN
        return browser.get(reverse("h5:play", args=[run.pk])).status_code

    results = together([look] * 8)
    assert results == [200] * 8
    assert Visitor.objects.count() == 1
    assert (Touch.objects.filter(run=run).count() == 1) is is_guarded


def test_visits_by_several_links_at_once_are_one_touch_for_each_link() -> None:
    run, now = make_run("assist"), database_now()
    links = [link_for(run=run, inviter_id=one.pk, channel="share", now=now) for one in make_members(4)]
    _refuse_errors(
        together([lambda link=link: touch(token=TOKEN, run_id=run.pk, link=link, now=now) for link in links])
    )
    assert set(Touch.objects.values_list("link_id", flat=True)) == {link.pk for link in links}
    assert Touch.objects.count() == len(links)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_of_members_who_log_in_at_once_one_gets_the_browser(monkeypatch, is_guarded: bool) -> None:
    """Its visits of two days ago bring one of them, nobody else; none is lost."""
    run, now = make_run("assist"), database_now()
    inviter = make_member()
    link = link_for(run=run, inviter_id=inviter.pk, channel="share", now=now)
    touch(token=TOKEN, run_id=run.pk, link=link, now=now - timedelta(days=2))
    touch(token=TOKEN, run_id=run.pk, utm={"utm_source": "sms"}, now=now - timedelta(days=1))
    if not is_guarded:
        monkeypatch.setattr(visits, "_visitor", _unlocked(6))

    def enter(phone: str) -> int:
        return log_in(
            phone=phone,
            visitor_token=TOKEN,
            consent_version=TERMS_VERSION,
            source=LoginWay.PHONE_CODE,
            ip_hash="",
            now=now,
        ).member_id

    results = together([lambda phone=f"+861380000000{n}": enter(phone) for n in range(6)])
    _refuse_errors(results)
    assert len(set(results)) == MemberSession.objects.values("member_id").distinct().count() == 6
    assert Touch.objects.filter(visitor__token_hash=hash_of(TOKEN)).count() == 2
    owner_id = Visitor.objects.get().member_id
    assert owner_id in results
    credited = set(Conversion.objects.values_list("member_id", flat=True))
    assert (credited == {owner_id}) is is_guarded
    if not is_guarded:
        assert len(credited) > 1


def test_the_same_member_logging_in_twice_at_once_counts_once() -> None:
    run, member, now = make_run("assist"), make_member(), database_now()
    touch(token=TOKEN, run_id=run.pk, now=now)
    _refuse_errors(together([lambda: adopt_visitor(token=TOKEN, member_id=member.pk, now=now)] * 12))
    assert Visitor.objects.get().member == member
    assert Conversion.objects.filter(kind=ConversionKind.LOGIN).count() == 1


def test_deeds_of_several_members_in_one_browser_at_once_credit_one() -> None:
    run, now = make_run("assist"), database_now()
    touch(token=TOKEN, run_id=run.pk, now=now - timedelta(days=2))
    people = make_members(6)

    def tell(member: Member) -> None:
        record_conversion(
            kind=ConversionKind.PART,
            ref=member.pk,
            run_id=run.pk,
            member_id=member.pk,
            visitor_token=TOKEN,
            now=now,
        )

    _refuse_errors(together([lambda one=one: tell(one) for one in people]))
    assert Conversion.objects.count() == 6
    credited = Conversion.objects.exclude(first_touch=None).values_list("member_id", flat=True)
    assert list(credited) == [Visitor.objects.get().member_id]


# --- a member who goes


@pytest.fixture
def own_media(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def _visited(run: Run, name: str) -> tuple[Member, Client]:
    """Somebody who came, logged in, shared and had a poster drawn, and done nothing that must be kept."""
    member = make_member(name)
    browser = logged_in(member, headers={"User-Agent": "Mozilla/5.0"})
    browser.cookies[VISITOR_COOKIE] = TOKEN
    assert browser.get(reverse("h5:play", args=[run.pk])).status_code == 200
    now = database_now()
    adopt_visitor(token=TOKEN, member_id=member.pk, now=now)
    touch(
        token="friend",
        run_id=run.pk,
        link=link_for(run=run, inviter_id=member.pk, channel="share", now=now),
        now=now,
    )
    return member, browser


def test_nothing_in_the_tables_and_pictures_names_who_was_erased(own_media: None) -> None:
    run = make_run("assist")
    member, browser = _visited(run, "欧阳小明")
    code = member.share_links.get().code
    poster = reverse("h5:poster", args=[code])
    assert browser.get(poster).status_code == 200
    assert Conversion.objects.filter(member=member).exists()
    pk = member.pk
    member.delete()
    assert Client().get(poster).status_code == 404
    assert Client().get(f"/s/{code}").status_code in (302, 303, 404)
    assert not Visitor.objects.filter(member_id=pk).exists()
    assert not Touch.objects.filter(inviter_id=pk).exists()
    assert not Conversion.objects.filter(member_id=pk).exists()
    assert Touch.objects.count() == 2  # visits stay numbers
    assert default_storage.listdir("posters")[1]
    assert prune_posters(now=database_now() + timedelta(days=8)) == 1
    assert default_storage.listdir("posters")[1] == []


@pytest.mark.parametrize(
    "page", ["me", "my_entries", "my_coupons", "my_gifts", "my_points", "my_invites", "pay"]
)
def test_a_page_left_open_by_who_was_erased_asks_to_log_in(page: str) -> None:
    run = make_run("assist")
    member, browser = _visited(run, "欧阳小明")
    member.delete()
    answer = browser.get(reverse(f"h5:{page}", args=["N1"] if page == "pay" else []))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("h5:login"))
    for open_to_all in (
        reverse("h5:play", args=[run.pk]),
        reverse("h5:home"),
        reverse("h5:run", args=[run.pk]),
    ):
        assert browser.get(open_to_all).status_code == 200
    sent = browser.post(reverse("h5:open", args=[run.pk]), {"key": "k" * 20})
    assert sent.status_code in (302, 303)
    assert sent["Location"].startswith(reverse("h5:login"))
    assert not Entry.objects.exists()


@contextmanager
def erased_after_the_session_was_read(member: Member) -> Iterator[None]:
    """Another connection erases the member at the worst moment: between knowing who it is and asking about them."""
    gone: list[bool] = []

    def erase() -> None:
        try:
            Member.objects.get(pk=member.pk).delete()
        finally:
            connection.close()

    def watch(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "members_membersession" in sql and "token_hash" in sql and not gone:
            gone.append(True)
            thread = Thread(target=erase)
            thread.start()
            thread.join(timeout=20)
        return result

    with connection.execute_wrapper(watch):
        yield
    assert gone
    assert not Member.objects.filter(pk=member.pk).exists()


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get", "me"),
        ("get", "my_points"),
        ("get", "my_invites"),
        ("get", "my_gifts"),
        ("get", "play"),
        ("post", "open"),
        ("get", "share"),
        ("post", "beacon"),
    ],
)
def test_who_is_erased_while_a_page_is_made_sees_no_error(method: str, name: str) -> None:
    run = make_run("assist")
    member, browser = _visited(run, "欧阳小明")
    address = reverse(f"h5:{name}", args=[run.pk] if name in ("play", "open", "share") else [])
    data: object = {"key": "k" * 20} if method == "post" else None
    kinds = {}
    if name == "beacon":
        data = f'{{"v": 0, "r": {run.pk}, "s": []}}'
        kinds = {"content_type": "text/plain", "headers": {"Sec-Fetch-Site": "same-origin"}}
    browser.raise_request_exception = False
    with erased_after_the_session_was_read(member):
        answer = getattr(browser, method)(address, data, **kinds)
    assert answer.status_code < 500, answer.content.decode()[-500:]
    assert not Entry.objects.exists()
    assert not Conversion.objects.filter(member_id=member.pk).exists()
