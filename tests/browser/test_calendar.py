"""Two people and a calendar, in a real browser."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.channels.models import Channel, Delivery
from apps.content_calendar.models import Post
from apps.content_calendar.selectors.wall_clock import from_wall, to_wall
from apps.content_calendar.services import approve_post, problems_of, submit_post, write_post
from apps.core.clock import database_now
from apps.groups.models import Group
from tests.deliveries import bring

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CALENDAR = "/admin/content_calendar/post/calendar/"


@pytest.fixture
def editor(make_user, team: Team) -> User:
    return make_user("editor", Role.CONTENT_EDITOR, team)


@pytest.fixture
def approver(make_user, team: Team) -> User:
    return make_user("approver", Role.ARCHITECT, team)


@pytest.fixture
def groups(team: Team) -> list[Group]:
    robot = Channel.objects.create(
        name="机器人1", driver="wecom_robot", team=team, secret="693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"
    )
    person = Channel.objects.create(name="微信人工", driver="manual", team=team)
    return [
        Group.objects.create(
            name=f"福利{n}群", kind="benefit", team=team, channel=channel, leader_name="王姐"
        )
        for n, channel in ((1, robot), (2, person), (3, person))
    ]


@pytest.fixture
def make_post(editor: User, groups: list[Group]):
    def make(at, **values) -> Post:
        values = {"title": "早安问候", "body": "大家早", "scheduled_at": at} | values
        return write_post(post=None, values=values, groups=groups, actor=editor, now=database_now())

    return make


def noon(days: int):
    """12:00 on the house clock, some days ahead."""
    day = to_wall(database_now()) + timedelta(days=days)
    return from_wall(day.replace(hour=12, minute=0, second=0, microsecond=0))


def drag(page, source, target) -> None:
    """Slowly enough for FullCalendar to notice."""
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    x, y = end["x"] + end["width"] / 2, end["y"] + end["height"] / 2
    page.mouse.move(x - 8, y - 8, steps=6)
    page.mouse.move(x, y, steps=4)
    page.mouse.up()


def follow(link) -> None:
    """Click a link and wait for the page behind it, scripts and all."""
    link.click()
    link.page.wait_for_load_state()


def cell(page, moment):
    return page.locator(f'.fc-daygrid-day[data-date="{to_wall(moment):%Y-%m-%d}"]')


def test_dragging_moves_a_post_to_another_day(open_as, editor, make_post):
    post = make_post(noon(2))
    page = open_as(editor, f"{CALENDAR}?view=month&date={to_wall(noon(2)):%Y-%m-%d}")
    event = page.get_by_test_id(f"event-{post.pk}")
    expect(event).to_contain_text("12:00")
    drag(page, event, cell(page, noon(3)))
    expect(page.get_by_test_id("toast")).to_contain_text("已移到")
    post.refresh_from_db()
    assert post.scheduled_at == noon(3)


def test_a_refused_drag_goes_back_and_says_why(open_as, editor, make_post):
    now = database_now()
    post = make_post(noon(2))
    submit_post(post=post, actor=editor, now=now, confirmed=problems_of(post, now=now).token)
    make_post(noon(2), title="可以移动")
    page = open_as(editor, f"{CALENDAR}?view=month&date={to_wall(noon(2)):%Y-%m-%d}")
    waiting = page.get_by_test_id(f"event-{post.pk}")
    drag(page, waiting, cell(page, noon(3)))
    expect(cell(page, noon(2)).get_by_test_id(f"event-{post.pk}")).to_be_visible()

    movable = page.locator(".cc-movable")
    Post.objects.filter(title="可以移动").update(
        state="cancelled"
    )  # by a colleague, since the page was opened
    drag(page, movable, cell(page, noon(3)))
    expect(page.get_by_test_id("toast")).to_contain_text("已取消")
    expect(cell(page, noon(2)).locator(".cc-event")).to_have_count(2)


def test_filters_stay_in_the_address(open_as, editor, make_post):
    post = make_post(noon(2))
    page = open_as(editor, f"{CALENDAR}?view=month&date={to_wall(noon(2)):%Y-%m-%d}")
    event = page.get_by_test_id(f"event-{post.pk}")
    expect(event).to_be_visible()
    page.get_by_test_id("filter-state").select_option("scheduled")
    expect(event).to_have_count(0)
    assert "state=scheduled" in page.url
    page.reload()
    expect(page.get_by_test_id("filter-state")).to_have_value("scheduled")
    page.get_by_text("清除筛选").click()
    expect(event).to_be_visible()


def test_a_click_on_an_empty_day_writes_for_that_day(open_as, editor, groups):
    page = open_as(editor, f"{CALENDAR}?view=month&date={to_wall(noon(2)):%Y-%m-%d}")
    cell(page, noon(2)).click(position={"x": 20, "y": 60})
    expect(page.get_by_test_id("scheduled-at")).to_have_value(f"{to_wall(noon(2)):%Y-%m-%d}T10:00")


@pytest.mark.parametrize("width", [1280, 390])
def test_write_submit_and_approve_by_another_person(open_as, editor, approver, groups, width):
    page = open_as(editor, CALENDAR, width=width)
    follow(page.get_by_test_id("new-post"))
    page.get_by_test_id("body").fill("早安，")
    page.locator("[data-insert='{{ group.name }}']").click()
    expect(page.get_by_test_id("body")).to_have_value("早安，{{ group.name }}")
    page.get_by_test_id("body").press_sequentially("！全网最低价")
    page.get_by_test_id("group-search").fill("福利")
    page.get_by_text("全部加入").click()
    expect(page.get_by_test_id("chosen-groups").locator("[data-id]")).to_have_count(3)
    page.get_by_text("半小时后").click()
    expect(page.get_by_test_id("preview-1")).to_contain_text("早安，福利1群！")
    expect(page.get_by_test_id("reach")).to_contain_text("3")
    expect(page.get_by_test_id("warnings")).to_contain_text("广告法")
    page.get_by_test_id("confirm").check()
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("state")).to_have_text("待审批")
    expect(page.get_by_test_id("do-approve")).to_be_disabled()

    post = Post.objects.get()
    other = open_as(approver, reverse("admin:content_calendar_post_approvals"), width=width)
    follow(other.get_by_test_id(f"waiting-{post.pk}"))
    expect(other.get_by_test_id("forecast")).to_contain_text("预计")
    other.get_by_test_id("do-approve").click()
    other.get_by_test_id("dialog-ok").click()
    expect(other.get_by_test_id("state")).to_have_text("已排期")
    for group in groups:
        expect(other.get_by_test_id(f"target-{group.pk}-1")).to_contain_text("待发送")
    assert Delivery.objects.count() == 3


def test_errors_keep_what_was_typed(open_as, editor, groups):
    page = open_as(editor, "/admin/content_calendar/post/add/")
    page.get_by_test_id("body").fill("{{ group.nam }} 加我 13800138000")
    expect(page.get_by_test_id("errors")).to_contain_text("是不是想写 {{ group.name }}")
    page.get_by_test_id("submit").click()
    expect(page.get_by_text("草稿已保存，还没有提交")).to_be_visible()
    expect(page.get_by_test_id("body")).to_have_value("{{ group.nam }} 加我 13800138000")


def test_the_page_follows_its_messages(open_as, editor, approver, groups, make_post):
    now = database_now()
    post = make_post(now + timedelta(seconds=30))
    post = submit_post(post=post, actor=editor, now=now, confirmed=problems_of(post, now=now).token)
    approve_post(post=post, actor=approver, now=now)
    page = open_as(approver, post.get_absolute_url(), width=390)
    expect(page.get_by_test_id("sent-count")).to_contain_text("0/3")
    bring(Delivery.objects.filter(post_target__group=groups[0]), "sent")
    bring(Delivery.objects.filter(post_target__group=groups[1]), "unknown", reason="没有等到回答")
    expect(page.get_by_test_id("sent-count")).to_contain_text("1/3")
    page.get_by_test_id(f"mark_sent-{groups[1].pk}").click()
    page.get_by_test_id("reason").fill("在群里看到了")
    page.get_by_test_id("dialog-ok").click()
    expect(page.get_by_test_id(f"target-{groups[1].pk}-1")).to_contain_text("已送达")
