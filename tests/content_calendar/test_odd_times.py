"""Times at the ends of the calendar get a sentence: one stored row must not break the pages that list it."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError
from django.urls import reverse

from apps.content_calendar.models import Post
from apps.content_calendar.services import move_post, write_post
from apps.core.errors import Invalid
from tests.content_calendar.conftest import NOW
from tests.content_calendar.test_pages import fields, page

ODD = ["0001-01-01T00:00", "1999-12-31T10:00", "2100-01-01T10:00", "9999-12-31T23:59"]


@pytest.mark.parametrize("typed", ODD)
@pytest.mark.parametrize("action", ["save", "submit"])
def test_the_editor_refuses_and_keeps_what_was_written(client, editor, groups, typed, action):
    client.force_login(editor)
    answer = client.post(
        page("add"), fields(scheduled_at=typed, body="写了很久", groups=[groups[0].pk], action=action)
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "年份要在 2000 到 2099 之间" in html
    assert "写了很久" in html
    assert not Post.objects.exists()


@pytest.mark.parametrize("odd", [{"scheduled_at": typed} for typed in ODD] + [{"cutoff_minutes": "9" * 14}])
@pytest.mark.parametrize("by_group_time", ["", "on"])
def test_the_preview_stands_it(client, editor, groups, odd, by_group_time):
    client.force_login(editor)
    answer = client.post(page("preview"), fields(groups=[groups[0].pk], is_group_time=by_group_time, **odd))
    assert answer.status_code == 200


@pytest.mark.parametrize("typed", [*ODD, "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00"])
def test_the_drag_refuses(client, editor, make_post, typed):
    post = make_post()
    client.force_login(editor)
    answer = client.patch(
        reverse("content_calendar:post", args=[post.pk]), {"scheduled_at": typed}, "application/json"
    )
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_an_offset_that_postgresql_does_not_know_is_still_a_moment(client, editor, make_post):
    post = make_post()
    client.force_login(editor)
    answer = client.patch(
        reverse("content_calendar:post", args=[post.pk]),
        {"scheduled_at": "2090-12-01T10:00:00-23:59"},
        "application/json",
    )
    assert answer.status_code == 200
    post.refresh_from_db()
    assert post.scheduled_at == datetime(2090, 12, 2, 9, 59, tzinfo=UTC)


def test_json_nested_without_end_is_bad_json(client, editor, make_post):
    post = make_post()
    client.force_login(editor)
    answer = client.patch(
        reverse("content_calendar:post", args=[post.pk]), "[" * 100_000, content_type="application/json"
    )
    assert answer.status_code == 400


def test_services_and_the_database_hold_it_too(make_post, editor, groups):
    odd = datetime(9999, 12, 31, 23, tzinfo=UTC)
    post = make_post()
    with pytest.raises(Invalid, match="年份"):
        move_post(post=post, to=odd, actor=editor, now=NOW)
    with pytest.raises(Invalid, match="年份"):
        write_post(post=None, values={"body": "x", "scheduled_at": odd}, groups=groups, actor=editor, now=NOW)
    post.scheduled_at = odd
    with pytest.raises(IntegrityError, match="post_time_in_this_century"):
        post.save()


def test_an_odd_day_in_the_address_opens_an_empty_form(client, editor):
    client.force_login(editor)
    assert client.get(page("add"), {"at": "9999-12-31T23:59"}).status_code == 200
