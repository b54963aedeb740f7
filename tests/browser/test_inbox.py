"""The operator inbox on a phone: copy, tick off without a reload, hear of what is new and what is done."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group as AuthGroup
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.channels.models import Channel, Delivery

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = "早上好！\n今天的福利：<满减>\n戳我"


@pytest.fixture
def operator(_roles) -> User:
    team = Team.objects.create(name="华东组")
    user = User.objects.create_user("operator", password="pass-word-1", is_staff=True)
    user.groups.add(AuthGroup.objects.get(name=Role.GROUP_OPERATOR))
    user.teams.add(team)
    Channel.objects.create(name="微信人工发送", driver="manual", platform="wechat", team=team)
    return user


def waiting(recipient: str, minutes: int = 3) -> Delivery:
    channel = Channel.objects.get()
    due = timezone.now() - timedelta(minutes=minutes)
    return Delivery.objects.create(
        key=f"t:{recipient}", channel=channel, team=channel.team, recipient=recipient, subject="早安",
        kind="text", content={"kind": "text", "text": TEXT}, due_at=due, available_at=due,
        cutoff_at=due + timedelta(minutes=30), state="awaiting_person",
    )  # fmt: skip


def tick_off(page: Page, delivery: Delivery) -> None:
    """The first tap asks, the second does it."""
    button = page.get_by_test_id(f"sent-{delivery.pk}")
    button.click()
    button.click()


@pytest.mark.parametrize("width", [1280, 390])
def test_copy_and_tick_off_without_a_reload(open_as, operator, width):
    first, second = waiting("一群", 12), waiting("二群")
    page = open_as(operator, "/admin/channels/delivery/inbox/", width=width)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.locator("[data-cutoff]").first).to_contain_text("离截止还有 0:1")
    page.get_by_test_id(f"copy-{first.pk}").click()
    expect(page.locator("#ch-toast")).to_contain_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == TEXT
    page.evaluate("window.notReloaded = true")
    tick_off(page, first)
    expect(page.get_by_test_id(f"card-{first.pk}")).to_have_count(0)
    assert page.evaluate("window.notReloaded") is True
    page.get_by_test_id(f"cancel-{second.pk}").click()
    page.get_by_test_id(f"reason-{second.pk}").fill("群解散了")
    page.get_by_test_id(f"do-cancel-{second.pk}").click()
    expect(page.get_by_text("现在没有要人工发送的消息")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    states = dict(Delivery.objects.values_list("recipient", "state"))
    assert states == {"一群": "sent", "二群": "cancelled"}


def test_new_ones_are_announced_and_a_colleagues_work_is_seen(open_as, operator):
    first = waiting("一群")
    page = open_as(operator, "/admin/channels/delivery/inbox/", width=390)
    expect(page.get_by_test_id("fresh")).to_be_hidden()
    second = waiting("二群")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_test_id("fresh")).to_be_visible()
    page.get_by_test_id("fresh").click()
    expect(page.get_by_test_id(f"card-{second.pk}")).to_be_visible()
    Delivery.objects.filter(pk=first.pk).update(state="sent", sent_at=timezone.now())
    # Coming back to the tab asks at once: no need to wait for the clock.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_test_id(f"card-{first.pk}")).to_have_count(0)
    expect(page.locator(".ch-card")).to_contain_text("二群")


def test_a_refusal_stays_on_its_card(open_as, operator):
    delivery = waiting("一群")
    page = open_as(operator, "/admin/channels/delivery/inbox/", width=390)
    Delivery.objects.filter(pk=delivery.pk).update(state="sent", sent_at=timezone.now())
    tick_off(page, delivery)
    expect(page.locator(".ch-card [role=alert]")).to_contain_text("已送达")
    page.route("**/inbox/", lambda route: route.abort())
    tick_off(page, delivery)
    expect(page.locator(".ch-card [role=alert]")).to_contain_text("网络")
