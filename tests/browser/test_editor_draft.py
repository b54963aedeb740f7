"""Nothing typed is lost: the editor's text outlives a session that ended in between."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from apps.accounts.enums import Role
from apps.content_calendar.models import Post
from apps.groups.models import Group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = "/admin/content_calendar/post/add/"


def log_in(page, username: str) -> None:
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill("pass-word-1")
    page.locator("[name=password]").press("Enter")


@pytest.mark.parametrize("is_csrf_gone", [False, True])
def test_text_and_groups_come_back_after_the_log_in_and_go_once_saved(open_as, make_user, team, is_csrf_gone):
    editor = make_user("editor", Role.CONTENT_EDITOR, team)
    Group.objects.create(name="福利1群", kind="benefit", team=team, leader_name="王姐")
    page = open_as(editor, ADD)
    page.get_by_test_id("body").fill("大家早上好\n第二行")
    page.get_by_test_id("group-search").click()
    page.locator("#cc-found-list button").click()
    page.context.clear_cookies(**({} if is_csrf_gone else {"name": settings.SESSION_COOKIE_NAME}))
    page.get_by_test_id("save").click()
    if is_csrf_gone:
        expect(page.locator("body")).to_contain_text("写帖子的页面会自己恢复")
        page.goto(ADD)
    assert Post.objects.count() == 0

    log_in(page, "editor")
    expect(page.get_by_test_id("restored")).to_be_visible()
    expect(page.get_by_test_id("body")).to_have_value("大家早上好\n第二行")
    expect(page.get_by_test_id("chosen-groups")).to_contain_text("福利1群")

    page.get_by_test_id("save").click()
    page.wait_for_url("**/change/")
    post = Post.objects.get()
    assert post.body.splitlines() == ["大家早上好", "第二行"]
    assert [group.name for group in post.groups.all()] == ["福利1群"]
    expect(page.get_by_test_id("restored")).to_be_hidden()
    page.goto(ADD)
    expect(page.get_by_test_id("body")).to_have_value("")
    expect(page.get_by_test_id("restored")).to_be_hidden()


def test_a_restored_draft_can_be_given_up_and_nobody_else_sees_it(open_as, make_user, team):
    editor = make_user("editor", Role.CONTENT_EDITOR, team)
    make_user("colleague", Role.CONTENT_EDITOR, team)
    page = open_as(editor, ADD)
    page.on("dialog", lambda dialog: dialog.accept())  # "leave without saving?"
    page.get_by_test_id("body").fill("只给自己看的")
    for username, is_restored in (("colleague", False), ("editor", True)):
        page.context.clear_cookies()
        page.goto(ADD)
        log_in(page, username)
        expect(page.get_by_test_id("body")).to_have_value("只给自己看的" if is_restored else "")
        expect(page.get_by_test_id("restored")).to_be_visible(visible=is_restored)
    page.get_by_test_id("discard").click()
    expect(page.get_by_test_id("body")).to_have_value("")
    page.reload()
    expect(page.get_by_test_id("body")).to_have_value("")
    expect(page.get_by_test_id("restored")).to_be_hidden()
