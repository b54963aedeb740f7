"""The seven mechanics on member pages, by plain forms: two members from the offer to what was promised."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.campaigns.enums import BenefitKind, EntryState, PartState
from apps.campaigns.models import Contribution, Entry, Grant, Run
from apps.orders.models import Order
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.h5.forms import form_for, press, send
from tests.h5.people import logged_in
from tests.h5.pictures import jpeg
from tests.orders.conftest import pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]


@pytest.fixture
def owner() -> Client:
    return logged_in(make_member("王小明"))


@pytest.fixture
def friend() -> Client:
    return logged_in(make_member("李雷"))


def play_of(run: Run) -> str:
    return f"/m/r/{run.pk}/play/"


def page_of(entry: Entry) -> str:
    return f"/m/e/{entry.code}/"


def opened(client: Client, run: Run, **values: Any) -> Entry:
    press(client, play_of(run), "/open/", **values)
    return Entry.objects.get(run=run)


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_assist_brings_both_what_was_promised(owner: Client, friend: Client) -> None:
    run = make_run(
        "assist",
        {"stages": [1]},
        slots={"stage_1": make_benefit(name="大礼"), "helper": make_benefit(name="谢礼")},
    )
    assert "1 人" in text(owner.get(play_of(run)))
    entry = opened(owner, run)
    assert "发给朋友" in text(owner.get(page_of(entry)))
    done = text(press(friend, page_of(entry), "/do/help/"))
    assert "谢礼" in done
    assert "李" in done
    assert "大礼" in text(owner.get(page_of(entry)))


def test_group_buy_leads_to_payment_and_shows_the_seats(owner: Client, friend: Client) -> None:
    run = make_run("group_buy", {"size": 2, "price": "20.00", "single_price": "30.00"}, stock=5)
    answer = send(owner, form_for(owner.get(play_of(run)), "/open/"))
    order = Order.objects.get()
    assert answer["Location"] == f"/m/pay/{order.number}/"
    entry = Entry.objects.get()
    assert "去付款 20.00 元" in text(owner.get(page_of(entry)))
    pay(order)
    joined = send(friend, form_for(friend.get(page_of(entry)), "/do/join/"))
    second = Order.objects.exclude(pk=order.pk).get()
    assert joined["Location"] == f"/m/pay/{second.number}/"
    assert "待付款" in text(owner.get(page_of(entry)))
    pay(second)
    assert "拼团成功" in text(friend.get(page_of(entry)))


def test_group_buy_offers_buying_alone_by_a_second_button(owner: Client) -> None:
    run = make_run("group_buy", {"size": 2, "price": "20.00", "single_price": "30.00"}, stock=5)
    form = form_for(owner.get(play_of(run)), "/open/")
    assert [button.get("name") for button in form.buttons] == [None, "p_alone"]
    send(owner, form, p_alone="1")
    assert Order.objects.get().amount == Decimal("30.00")


def test_gift_is_wrapped_then_unwrapped(owner: Client, friend: Client) -> None:
    run = make_run(
        "gift", {"price": "0.00", "gift_count": 1, "own_count": 0}, slots={"gift": make_benefit(name="茶杯")}
    )
    entry = opened(owner, run, p_blessing="生日快乐")
    page = text(friend.get(page_of(entry)))
    assert "生日快乐" in page
    assert "is-open" not in page
    page = text(press(friend, page_of(entry), "/do/claim/"))
    assert "is-opening" in page
    assert "茶杯" in page
    assert "礼物已经被领走了" in text(logged_in(make_member()).get(page_of(entry)))


def test_bargain_shows_the_cut_and_leads_to_payment_at_the_floor(owner: Client, friend: Client) -> None:
    run = make_run(
        "bargain", {"start": "10.00", "floor": "1.00", "helpers": 1, "has_own_cut": False}, stock=3
    )
    entry = opened(owner, run)
    page = text(press(friend, page_of(entry), "/do/cut/"))
    assert "−9.00" in page
    assert 'data-price="1.00"' in page
    answer = send(owner, form_for(owner.get(page_of(entry)), "/do/buy/"))
    assert answer["Location"] == f"/m/pay/{Order.objects.get().number}/"
    pay(Order.objects.get())
    assert "买到了" in text(owner.get(page_of(entry)))


def test_coupon_reaches_both(owner: Client, friend: Client) -> None:
    ticket = make_benefit(BenefitKind.COUPON, name="满减券")
    run = make_run("coupon", {}, slots={"friend": ticket, "inviter": ticket})
    entry = opened(owner, run)
    assert "满减券" in text(press(friend, page_of(entry), "/do/accept/"))
    assert Grant.objects.count() == 2
    assert "已带来 1 位好友" in text(owner.get(page_of(entry)))


def test_contest_shows_the_own_place_and_the_gap(owner: Client, friend: Client) -> None:
    run = make_run("contest", {"metric": "check_in", "ranks": [[1, 1]]}, slots={"rank_1_1": make_benefit()})
    entry = opened(owner, run)
    assert "成功" in text(press(owner, page_of(entry), "/do/check_in/"))
    press(friend, play_of(run), "/open/")
    other = Entry.objects.exclude(pk=entry.pk).get()
    page = text(friend.get(page_of(other)))
    assert "离前一名" in page
    board = text(friend.get(f"/m/r/{run.pk}/board/"))
    assert "王**" in board
    assert "我的名次" in board


def test_contest_team_asks_for_a_name_beside_the_button(owner: Client) -> None:
    rules = {"metric": "check_in", "form": "team", "team_size": 3, "ranks": [[1, 1]]}
    run = make_run("contest", rules, slots={"rank_1_1": make_benefit()})
    form = form_for(owner.get(play_of(run)), "/open/")
    refused = send(owner, form, p_name="")
    assert refused.status_code == 409
    assert "请给队伍起个名字" in refused.content.decode()
    press(owner, play_of(run), "/open/", p_name="追风队")
    assert Entry.objects.get().title == "追风队"


def test_swap_from_listing_to_both_confirmed(owner: Client, friend: Client) -> None:
    run = make_run("swap", {"needs_moderation": False})
    mine = _list(owner, run, "旧书")
    theirs = _list(friend, run, "台灯")
    assert "旧书" in text(friend.get(f"/m/r/{run.pk}/shelf/"))
    asked = friend.get(f"{page_of(mine)}do/offer/")
    assert "台灯" in text(asked)
    answer = send(friend, form_for(asked, "/do/offer/"), p_item=theirs.code, p_note="成色很新")
    assert answer.status_code == 303
    page = owner.get(page_of(mine))
    assert "成色很新" in text(page)
    assert "成色很新" not in text(Client().get(page_of(mine)))
    send(owner, form_for(page, "/do/accept/"))
    for client in (owner, friend):
        press(client, page_of(mine), "/do/confirm/")
    mine.refresh_from_db()
    assert mine.state == EntryState.WON


def test_swap_counter_offer_is_asked_about_and_answered(owner: Client, friend: Client) -> None:
    run = make_run("swap", {"needs_moderation": False})
    mine = _list(owner, run, "旧书")
    theirs = _list(friend, run, "台灯")
    send(friend, form_for(friend.get(f"{page_of(mine)}do/offer/"), "/do/offer/"), p_item=theirs.code)
    part = Contribution.objects.get(entry=mine)
    asked = owner.get(f"{page_of(mine)}do/counter/?part={part.pk}")
    form = form_for(asked, "/do/counter/")
    assert form.values["p_part"] == str(part.pk)
    assert "台灯" in text(asked)
    answer = send(owner, form, p_note="再加一本书")
    assert answer.status_code == 409
    assert "再加一本书" in answer.content.decode()
    make = make_member()
    assert logged_in(make).get(f"{page_of(mine)}do/counter/?part={part.pk}").status_code == 409
    entry = Entry.objects.get(pk=mine.pk)
    assert entry.state == EntryState.OPEN
    part.refresh_from_db()
    assert part.state == PartState.PENDING


def _list(client: Client, run: Run, title: str) -> Entry:
    page = client.get(f"/m/r/{run.pk}/open/")
    answer = send(client, form_for(page, "/open/"), p_title=title, p_photos=jpeg())
    assert answer.status_code == 303, answer.content.decode()[-2000:]
    return Entry.objects.get(title=title)
