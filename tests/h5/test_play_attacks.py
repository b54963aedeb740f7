"""Attacks on the play pages: bodies that say more than they may, others' entries, hostile texts and names."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.campaigns.enums import EntryState
from apps.campaigns.models import Contribution, Entry
from apps.campaigns.selectors.names import initial_of, public_name
from apps.members.models import Member
from apps.orders.models import Order
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start
from tests.h5.forms import form_for, forms_of, send
from tests.h5.people import logged_in

pytestmark = pytest.mark.django_db

SCRIPT = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
#: What a body may claim and nobody listens to (S2).
CLAIMS = {
    "member_id": "1",
    "member": "1",
    "owner_id": "1",
    "inviter": "1",
    "inviter_id": "1",
    "amount": "0.01",
    "p_amount": "0.01",
    "price": "0.01",
    "p_price": "0.01",
    "value": "999",
    "p_value": "999",
    "p_cut": "999",
    "level": "9",
    "state": "won",
    "p_state": "won",
    "p_count": "99",
    "is_new": "1",
    "p_photos": "campaigns/photos/other.jpg",
}


def test_the_body_says_neither_who_nor_how_much() -> None:
    """S2: member, inviter, amount, level and state in a body are not read."""
    run = make_run("bargain", {"start": "100.00", "floor": "50.00", "helpers": 9, "max_cut": "6.00"}, stock=3)
    owner, friend = make_member(), make_member()
    client = logged_in(owner)
    answer = send(client, form_for(client.get(f"/m/r/{run.pk}/play/"), "/open/"), **CLAIMS)
    assert answer.status_code == 303
    entry = Entry.objects.get()
    assert (entry.owner_id, entry.state) == (owner.pk, EntryState.OPEN)
    client = logged_in(friend)
    send(client, form_for(client.get(f"/m/e/{entry.code}/"), "/do/cut/"), **CLAIMS)
    cut = Contribution.objects.get(entry=entry, member=friend)
    assert Decimal("0.01") <= cut.value <= Decimal("12.00")
    friend.refresh_from_db()
    assert friend.inviter_id is None


def test_an_order_costs_what_the_rules_say() -> None:
    run = make_run("group_buy", {"size": 2, "price": "20.00"}, stock=5)
    client = logged_in(make_member())
    send(client, form_for(client.get(f"/m/r/{run.pk}/play/"), "/open/"), **CLAIMS)
    assert Order.objects.get().amount == Decimal("20.00")


@pytest.mark.parametrize("verb", ["bless", "recall"])
def test_anothers_entry_does_not_obey(verb: str) -> None:
    run = make_run("gift", {"price": "0.00"}, slots={"gift": make_benefit()})
    entry = start(run, make_member(), blessing="平安")
    thief = logged_in(make_member())
    answer = thief.post(f"/m/e/{entry.code}/do/{verb}/", {"key": "k" * 20, "p_blessing": "改掉"})
    assert answer.status_code == 409
    entry.refresh_from_db()
    assert (entry.state, entry.data["blessing"]) == (EntryState.OPEN, "平安")


@pytest.mark.parametrize(
    "verb", ["moderate", "arbitrate", "expire", "paid", "voided", "list", "nothing", "__init__"]
)
def test_verbs_of_staff_and_the_system_have_no_address(verb: str) -> None:
    run = make_run("swap", {"photos_least": 0})
    entry = start(run, owner := make_member(), title="书")
    client = logged_in(owner)
    address = f"/m/e/{entry.code}/do/{verb}/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"key": "k" * 20, "p_accept": "1"}).status_code == 404
    entry.refresh_from_db()
    assert entry.state == EntryState.PENDING


def test_a_contribution_of_another_entry_cannot_be_named() -> None:
    run = make_run("swap", {"photos_least": 0, "needs_moderation": False, "allows_text": True})
    mine, other = start(run, owner := make_member(), title="书"), start(run, make_member(), title="灯")
    play(other, "offer", make_member(), note="换我的")
    part = Contribution.objects.get(entry=other)
    client = logged_in(owner)
    for verb in ("accept", "turn_down"):
        answer = client.post(f"/m/e/{mine.code}/do/{verb}/", {"key": f"{verb}{'k' * 20}", "p_part": part.pk})
        assert answer.status_code == 409
    asked = client.get(f"/m/e/{mine.code}/do/counter/?part={part.pk}")
    assert "换我的" not in asked.content.decode()
    assert "p_part" not in str(forms_of(asked)[0].values) or forms_of(asked)[0].values["p_part"] != str(
        part.pk
    )


def test_offers_are_read_by_the_two_sides_alone() -> None:
    run = make_run("swap", {"photos_least": 0, "needs_moderation": False, "allows_text": True})
    entry = start(run, owner := make_member(), title="书")
    giver = make_member()
    play(entry, "offer", giver, note="悄悄话")
    for member, may in ((owner, True), (giver, True), (make_member(), False)):
        assert ("悄悄话" in logged_in(member).get(f"/m/e/{entry.code}/").content.decode()) is may
    assert logged_in(make_member()).get(f"/m/e/{entry.code}/do/accept/").status_code == 409


def test_a_foreign_site_cannot_act_for_the_member() -> None:
    """CSRF: a form without our token, and a GET, do nothing."""
    run = make_run("assist", {"stages": [3]}, slots={"stage_3": make_benefit()})
    entry = start(run, make_member())
    client = logged_in(make_member(), enforce_csrf_checks=True)
    assert client.post(f"/m/e/{entry.code}/do/help/", {"key": "k" * 20}).status_code == 403
    client.get(f"/m/e/{entry.code}/do/help/?key={'k' * 20}")
    assert not Contribution.objects.exists()


@pytest.mark.parametrize(
    "text", [SCRIPT, "{{ 7|add:7 }}{% debug %}", "javascript:alert(1)", "</textarea></title>" + SCRIPT]
)
def test_texts_of_members_are_texts(text: str) -> None:
    """XSS: every text that a member can type, on every page that shows it, also back in its own form."""
    run = make_run("swap", {"photos_least": 0, "needs_moderation": False, "allows_text": True})
    owner, giver = make_member(text[:30]), make_member(text[:30])
    entry = start(run, owner, title=text[:40], description=text, wishes=text)
    play(entry, "offer", giver, note=text)
    gift = start(
        make_run("gift", {"price": "0.00"}, slots={"gift": make_benefit(name=text[:40])}),
        owner,
        blessing=text[:60],
    )
    rules = {"form": "team", "team_size": 3, "metric": "check_in", "ranks": [[1, 1]]}
    contest = make_run("contest", rules, slots={"rank_1_1": make_benefit()})
    team = start(contest, owner, name=text[:20])
    addresses = [
        f"/m/e/{entry.code}/",
        f"/m/e/{gift.code}/",
        f"/m/e/{team.code}/",
        f"/m/r/{run.pk}/play/",
        f"/m/r/{run.pk}/shelf/",
        f"/m/r/{contest.pk}/board/",
        f"/m/r/{contest.pk}/play/",
        f"/m/e/{entry.code}/do/counter/?part={text}",
    ]
    for member in (owner, giver):
        client = logged_in(member)
        for address in addresses:
            assert_is_text(client.get(address))
    client = logged_in(make_member())
    answer = send(
        client, form_for(client.get(f"/m/r/{run.pk}/open/"), "/open/"), p_title=text * 9, p_description=text
    )
    assert answer.status_code == 422
    assert_is_text(answer)


def assert_is_text(answer: Any) -> None:
    page = answer.content.decode()
    for mark in ("<script>alert", "<img src=x", 'href="javascript', ">14<", "</textarea></title>"):
        assert mark not in page


def test_texts_of_operators_are_texts() -> None:
    run = make_run("assist", {"stages": [3]}, slots={"stage_3": make_benefit(name=SCRIPT[:40])}, title=SCRIPT)
    run.campaign.title = run.campaign.headline = SCRIPT[:60]
    run.campaign.save()
    entry = start(run, make_member())
    for address in (f"/m/r/{run.pk}/play/", f"/m/e/{entry.code}/"):
        assert_is_text(Client().get(address))


def test_pages_carry_the_strict_policy_and_nothing_inline() -> None:
    run = make_run("assist", {"stages": [3]}, slots={"stage_3": make_benefit()})
    entry = start(run, make_member())
    for address in (f"/m/r/{run.pk}/play/", f"/m/e/{entry.code}/"):
        answer = Client().get(address)
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
        page = answer.content.decode()
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page
        assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("nickname", "initial"),
    [
        ("王小明", "王"),
        ("\u202eevil", "e"),
        ("\u200b\u200d\ufeff李雷", "李"),
        ("\u0301\u0489张", "张"),
        ("\u3164\u2800", ""),
        ("", ""),
        ("👨\u200d👩\u200d👧一家", "👨"),
        ("<b>", "<"),
        ("\x00\x07赵", "赵"),
        ("\U000e0041\U000e0042孙", "孙"),
        ("   钱", "钱"),
        ("ﷺ" * 30, "ﷺ"),
    ],
)
def test_a_name_cannot_garble_the_page(nickname: str, initial: str) -> None:
    """Directions, invisible signs and hanging marks do not reach what others see; never more than one character."""
    assert initial_of(nickname) == initial
    assert public_name(nickname) == (f"{initial}**" if initial else "一位朋友")


def test_hostile_names_are_shown_safely_on_every_page() -> None:
    run = make_run("group_buy", {"size": 5, "price": "0.00"}, stock=50)
    owner = make_member()
    Member.objects.filter(pk=owner.pk).update(nickname="\u202e\u2066文件" + "ต็็็็็" * 8)
    entry = start(run, Member.objects.get(pk=owner.pk))
    for address in (f"/m/e/{entry.code}/", f"/m/r/{run.pk}/shelf/"):
        page = Client().get(address).content.decode()
        assert "文**" in page
        assert "\u202e" not in page
        assert "文件" not in page


def test_a_team_cannot_take_a_name_that_only_looks_different() -> None:
    rules = {"form": "team", "team_size": 3, "metric": "check_in", "ranks": [[1, 1]]}
    run = make_run("contest", rules, slots={"rank_1_1": make_benefit()})
    start(run, make_member(), name="追风队")
    for twin in ("追\u200b风队", "追\u2060风队", "追风队\u3164", "\u202e追风队", "追 风 队", "追\xad风队"):
        client = logged_in(make_member())
        answer = send(client, form_for(client.get(f"/m/r/{run.pk}/play/"), "/open/"), p_name=twin)
        assert answer.status_code == 409, ascii(twin)
    assert Entry.objects.count() == 1


def test_codes_that_are_nobodys_look_all_the_same() -> None:
    for code in ("x", "A" * 16, "%00", "..", "a" * 500, "<script>"):
        for address in (f"/m/e/{code}/", f"/m/e/{code}/do/help/"):
            assert Client().get(address).status_code in (400, 404)
