"""The front page in a real browser: it tells the truth while posts go out, without a reload."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group as AuthGroup
from django.utils import timezone
from playwright.sync_api import expect

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.channels.models import Channel, Delivery
from apps.groups.enums import GroupKind
from apps.groups.models import Group
from tests.deliveries import bring

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def operator(_roles) -> User:
    team = Team.objects.create(name="华东组")
    user = User.objects.create_user("operator", password="pass-word-1", is_staff=True)
    user.groups.add(AuthGroup.objects.get(name=Role.GROUP_OPERATOR))
    user.teams.add(team)
    channel = Channel.objects.create(name="小助手", driver="manual", team=team)
    Group.objects.create(name="吃货群", kind=GroupKind.VIP, team=team, channel=channel)
    due = timezone.now() + timedelta(minutes=2)
    Delivery.objects.create(
        key="t:1", channel=channel, team=team, recipient="吃货群", subject="早安", kind="text",
        content={"kind": "text", "text": "早"}, due_at=due, available_at=due,
        cutoff_at=due + timedelta(minutes=30),
    )  # fmt: skip
    return user


@pytest.mark.parametrize("width", [1280, 390])
def test_figures_follow_without_a_reload(open_as, operator, width):
    page = open_as(operator, "/admin/", width=width)
    expect(page.locator("[data-figure=open]")).to_contain_text("1")
    expect(page.get_by_test_id("home-timeline")).to_contain_text("早安")
    page.evaluate("window.notReloaded = true")
    bring(Delivery.objects.all(), "sent")
    # Coming back to the tab fetches at once: no need to wait for the clock.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-figure=sent] .home__value")).to_have_text("1")
    expect(page.locator("[data-figure=rate] .home__value")).to_have_text("100.0%")
    assert page.evaluate("window.notReloaded") is True
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_lost_server_is_said(open_as, operator):
    page = open_as(operator, "/admin/")
    page.route("**/admin/home/live/", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#home-stale")).to_be_visible()


def test_card_dragged_on_the_board_changes_the_stage(open_as, operator):
    page = open_as(operator, "/admin/groups/group/board/")
    card = page.locator(".board__card", has_text="吃货群")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        card.drag_to(page.locator(".board__column--active .board__cards"))
    assert answer.value.status == 204
    expect(page.locator(".board__column--active .board__card")).to_have_count(1)
    expect(page.locator(".board__column--active .board__total")).to_have_text("1")
    Group.objects.get(stage="active")
    # A refusal puts the card back and says why.
    card.drag_to(page.locator(".board__column--closed .board__cards"))
    expect(page.locator("#board-message")).to_contain_text("原因")
    expect(page.locator(".board__column--active .board__card")).to_have_count(1)


def test_palette_opens_with_ctrl_k_and_finds_a_page(open_as, operator):
    page = open_as(operator, "/admin/")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("board")
    page.locator("#command-results a", has_text="看板").first.click()
    page.wait_for_url("**/admin/groups/group/board/")
