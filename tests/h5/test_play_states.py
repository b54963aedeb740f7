"""Every state of a play page says what is next, and what is over offers nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from apps.campaigns.enums import EntryState, GrantState, RunState
from apps.campaigns.models import Entry, Grant, Run
from apps.h5.models import Touch
from tests.campaigns.eighth import eighth_mechanic
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start
from tests.h5.forms import forms_of, press
from tests.h5.people import logged_in

pytestmark = pytest.mark.django_db


def body(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_before_the_start_the_page_counts_down_and_offers_nothing() -> None:
    opens = timezone.now() + timedelta(hours=3)
    run = make_run("assist", state=RunState.SCHEDULED, opens_at=opens, slots={"stage_3": make_benefit()})
    response = Client().get(f"/m/r/{run.pk}/play/")
    assert f'data-until="{int(opens.timestamp())}"' in response.content.decode()
    assert "离开始还有" in response.content.decode()
    assert forms_of(response) == []


def test_the_offer_is_seen_without_a_log_in() -> None:
    run = make_run("bargain", {"start": "10.00", "floor": "1.00", "helpers": 3}, stock=3)
    page = body(Client(), f"/m/r/{run.pk}/play/")
    assert "我要砍价" in page
    assert "10.00" in page


@pytest.mark.parametrize(
    ("state", "words"), [(RunState.PAUSED, "活动暂停中"), (RunState.SETTLED, "本期已经结束")]
)
def test_a_run_that_stands_still_says_so(state: RunState, words: str) -> None:
    run = make_run("assist", slots={"stage_3": make_benefit()})
    Run.objects.filter(pk=run.pk).update(state=state, settled_at=timezone.now())
    response = Client().get(f"/m/r/{run.pk}/play/")
    assert words in response.content.decode()
    assert forms_of(response) == []


def test_a_cancelled_run_has_no_page() -> None:
    run = make_run("assist", state=RunState.CANCELLED)
    assert Client().get(f"/m/r/{run.pk}/play/").status_code == 404
    assert Client().get(f"/m/r/{2**70}/play/").status_code == 404


def test_sold_out_is_shown_instead_of_a_button() -> None:
    run = make_run("group_buy", {"size": 2, "price": "20.00"}, stock=1)
    start(run, make_member())
    response = Client().get(f"/m/r/{run.pk}/play/")
    assert "已经领完了" in response.content.decode()
    assert forms_of(response) == []


def test_an_own_entry_comes_before_a_new_one() -> None:
    run = make_run("assist", slots={"stage_3": make_benefit()})
    member = make_member()
    entry = start(run, member)
    page = body(logged_in(member), f"/m/r/{run.pk}/play/")
    assert page.index(f"/m/e/{entry.code}/") < page.index("/open/")


def test_time_that_is_up_before_the_tick_is_over_on_the_page() -> None:
    run = make_run("assist", slots={"stage_3": make_benefit()})
    entry = start(run, make_member())
    Entry.objects.filter(pk=entry.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    response = Client().get(f"/m/e/{entry.code}/")
    assert "助力已结束" in response.content.decode()
    assert "data-until" not in response.content.decode()
    assert forms_of(response) == []


def test_nearly_done_done_and_failed_have_their_own_mood() -> None:
    run = make_run("assist", {"stages": [2]}, slots={"stage_2": make_benefit()})
    owner = make_member()
    entry, client = start(run, owner), logged_in(owner)
    play(entry, "help", make_member())
    assert "mood-nearly" in body(client, f"/m/e/{entry.code}/")
    play(entry, "help", make_member())
    assert "mood-done" in body(client, f"/m/e/{entry.code}/")
    other = start(run, owner)
    Entry.objects.filter(pk=other.pk).update(state=EntryState.FAILED, ended_at=timezone.now())
    assert "mood-failed" in body(client, f"/m/e/{other.code}/")


def test_a_held_gift_says_so_kindly_and_not_why() -> None:
    """C13: suspicion holds; its reason stays inside."""
    run = make_run("assist", {"stages": [1]}, slots={"stage_1": make_benefit(name="大礼")})
    owner = make_member()
    entry = start(run, owner)
    play(entry, "help", make_member())
    Grant.objects.filter(member=owner).update(state=GrantState.HELD, reason="farm: same device")
    page = body(logged_in(owner), f"/m/e/{entry.code}/")
    assert "审核中" in page
    assert "farm" not in page


def test_what_is_not_moderated_is_the_owners_alone() -> None:
    run = make_run("swap", {"photos_least": 0})
    owner = make_member()
    entry = start(run, owner, title="秘密武器", description="别看", wishes="糖")
    assert "秘密武器" in body(logged_in(owner), f"/m/e/{entry.code}/")
    for client in (Client(), logged_in(make_member())):
        page = body(client, f"/m/e/{entry.code}/")
        assert "还在审核" in page
        for hidden in ("秘密武器", "别看", "糖"):
            assert hidden not in page
    assert "秘密武器" not in body(Client(), f"/m/r/{run.pk}/shelf/")


def test_a_mechanic_without_a_shelf_or_a_board_has_no_such_page() -> None:
    run = make_run("assist", slots={"stage_3": make_benefit()})
    assert Client().get(f"/m/r/{run.pk}/shelf/").status_code == 404
    assert Client().get(f"/m/r/{run.pk}/board/").status_code == 404


def test_an_eighth_mechanic_plays_with_the_general_face(tmp_path: Path) -> None:
    """One file and no face of its own: opened, waved at, done."""
    with eighth_mechanic(tmp_path) as key:
        run = make_run(key, {"waves": 1}, slots={"waver": make_benefit()})
        client = logged_in(make_member())
        press(client, f"/m/r/{run.pk}/play/", "/open/")
        entry = Entry.objects.get(run=run)
        assert "挥手进行中" in body(Client(), f"/m/e/{entry.code}/")
        play(entry, "wave", make_member())
        assert "mood-done" in body(client, f"/m/e/{entry.code}/")


def test_a_visit_to_the_play_page_is_a_persons(client: Client) -> None:
    """Search engines and previews look at it too, and are no visitors."""
    run = make_run("assist", {"stages": [2]})
    for agent in ("", "Mozilla/5.0 (compatible; Googlebot/2.1)", "WhatsApp/2.23"):
        assert client.get(f"/m/r/{run.pk}/play/", headers={"user-agent": agent}).status_code == 200
    assert not Touch.objects.exists()
    client.get(f"/m/r/{run.pk}/play/", headers={"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"})
    assert Touch.objects.get().run_id == run.pk
