"""What a play page looks like to whom: its colours, prices on buttons, and nothing offered that would be refused."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.campaigns.enums import CampaignState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, Entry, Run
from apps.campaigns.services.landing.previewing import preview_token
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import play, start
from tests.h5.forms import form_for, forms_of, press
from tests.h5.people import logged_in
from tests.h5.visits import make_version

pytestmark = pytest.mark.django_db
TEAM = {"metric": "check_in", "form": "team", "team_size": 3, "ranks": [[1, 1]]}


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def play_of(run: Run) -> str:
    return f"/m/r/{run.pk}/play/"


# --- colours


def test_play_pages_wear_the_colours_of_the_live_landing_page() -> None:
    run = make_run("contest", TEAM)
    entry = start(run, make_member(), name="追风队")
    make_version(run.campaign, theme="purple", published_at=timezone.now())
    make_version(run.campaign, state="draft", theme="green")
    friend = logged_in(make_member())
    for address in (
        play_of(run),
        f"/m/e/{entry.code}/",
        f"/m/r/{run.pk}/board/",
        f"/m/e/{entry.code}/do/join/",
    ):
        page = text(friend, address)
        assert "theme-purple" in page
        assert "style=" not in page


@pytest.mark.parametrize("mechanic", sorted(all_mechanics()))
def test_before_anybody_publishes_they_wear_those_of_the_shipped_page(mechanic: str) -> None:
    run = make_run(mechanic)
    shipped = text(Client(), f"/m/r/{run.pk}/").split("theme-", 2)
    theme = next(part.split()[0] for part in shipped[1:] if part.split()[0] in _THEMES)
    assert f'class="theme-{theme} play' in text(Client(), play_of(run))


_THEMES = {"red", "orange", "green", "blue", "purple"}


# --- prices


def test_buying_alone_says_its_price() -> None:
    run = make_run("group_buy", {"size": 2, "price": "20.00", "single_price": "25.00"}, stock=5)
    page = text(Client(), play_of(run))
    assert "单独购买 25.00 元</button>" in page
    assert "开团 20.00 元</button>" in page


def test_without_a_price_for_one_there_is_no_such_button() -> None:
    run = make_run("group_buy", {"size": 2, "price": "20.00"}, stock=5)
    assert "单独购买" not in text(Client(), play_of(run))


# --- who has a place already


def test_who_is_seated_in_a_team_is_not_asked_to_take_part() -> None:
    run = make_run("contest", TEAM)
    owner, friend = make_member(), make_member()
    entry = start(run, owner, name="追风队")
    play(entry, "join", friend)
    browser = logged_in(friend)
    page = text(browser, f"/m/e/{entry.code}/")
    assert "我也要参加" not in page
    assert "今天打卡" in page
    home = browser.get(play_of(run))
    assert f'href="/m/e/{entry.code}/"' in home.content.decode()
    assert not [form for form in forms_of(home) if form.action.endswith("/open/")]


def test_who_has_left_the_team_may_begin_again_and_a_stranger_is_asked() -> None:
    run = make_run("contest", TEAM)
    friend = make_member()
    entry = start(run, make_member(), name="追风队")
    play(entry, "join", friend)
    play(entry, "leave", friend)
    for browser in (logged_in(friend), Client()):
        assert "我也要参加" in text(browser, f"/m/e/{entry.code}/")
        assert form_for(browser.get(play_of(run)), "/open/")
    press(logged_in(friend), play_of(run), "/open/", p_name="新队")
    assert Entry.objects.filter(owner=friend).exists()


def test_a_helper_may_still_open_an_entry_of_their_own() -> None:
    """Seats compete in a ranking only."""
    run = make_run("assist", {"stages": [3], "is_new_only": False})
    friend = make_member()
    entry = start(run, make_member())
    play(entry, "help", friend)
    assert "我也要参加" in text(logged_in(friend), f"/m/e/{entry.code}/")


# --- rehearsals


@pytest.mark.parametrize("mechanic", sorted(all_mechanics()))
def test_a_rehearsal_offers_what_the_page_itself_would(mechanic: str, architect) -> None:
    campaign = Campaign.objects.create(
        title="预演",
        mechanic=mechanic,
        state=CampaignState.DRAFT,
        rules=all_mechanics()[mechanic].rules_type.load({}).dump(),
    )
    token = preview_token(campaign=campaign, actor=architect)
    for screen in ("waiting", "ended"):
        answer = Client().get(reverse("h5:rehearsal", args=[token, screen]))
        assert answer.status_code == 200
        assert not [form for form in forms_of(answer) if form.action.endswith("/open/")]
        assert "/open/" not in answer.content.decode()
    sold_out = Client().get(reverse("h5:rehearsal", args=[token, "sold_out"]))
    if sold_out.status_code == 200 and all_mechanics()[mechanic].stock_word:
        assert "/open/" not in sold_out.content.decode()
