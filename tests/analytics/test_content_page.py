"""内容效果: hours of the portal's clock, and posts ranked by what came of them per hundred reached."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.admin.board.posting_hours import SHOWN
from apps.analytics.enums import Dimension
from apps.analytics.metrics.facts import HOUR_KINDS
from apps.analytics.selectors.hours import days_with_hours
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.posts import Came, post_rows, together, unsent_reasons
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.weeks import by_weekday_and_hour, weekdays_in
from apps.analytics.services.rolling import rebuild
from apps.analytics.services.rolling.hours import trim_hours
from apps.content_calendar.models import Post
from tests.analytics.facts import at, fact, record_facts

TEN_DAYS = Period(date(2026, 3, 2), date(2026, 3, 11))  # from a Monday to a Wednesday

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(make_user):
    """Two posts of the east and one of the west. 2026-03-02 is a Monday."""
    east, west = Team.objects.create(name="华东"), Team.objects.create(name="华西")
    author = make_user("editor", Role.CONTENT_EDITOR, east)
    posts = [
        Post.objects.create(title=title, kind=kind, author=author, team=team)
        for title, kind, team in (("早安", "text", east), ("上新", "image", east), ("外面", "text", west))
    ]
    good, small, other = posts
    facts = [
        fact("post.sent", "2026-03-02 08:05", subject=f"post:{good.pk}:1:1:1", team_id=east.pk),
        fact("post.sent", "2026-03-09 08:06", subject=f"post:{good.pk}:1:2:1", team_id=east.pk),
        fact("post.sent", "2026-03-03 23:59", subject=f"post:{small.pk}:1:1:1", team_id=east.pk),
        fact("post.failed", "2026-03-03 12:00", subject=f"post:{small.pk}:2:1:1", team_id=east.pk,
             data={"state": "missed"}),
        fact("post.sent", "2026-03-03 12:00", subject=f"post:{other.pk}:9:1:1", team_id=west.pk),
        fact("order.paid", "2026-03-04 10:00", team_id=east.pk, member_id=1, value=30, data={"post": good.pk}),
        fact("order.refunded", "2026-03-05 10:00", team_id=east.pk, member_id=1, value=10, data={"post": good.pk}),
        fact("link.clicked", "2026-03-03 10:00", team_id=east.pk, data={"post": small.pk}),
    ]  # fmt: skip
    clicks = [
        fact("link.clicked", "2026-03-02 08:30", team_id=east.pk, data={"post": good.pk}) for _ in range(9)
    ]
    visits = [
        fact("page.visited", "2026-03-02 09:30", team_id=east.pk, data={"post": good.pk}) for _ in range(3)
    ]
    record_facts(*facts, *clicks, *visits)
    rebuild(now=at("2026-03-12 00:00"))
    return east, posts, author


def test_a_week_by_weekday_and_hour(world):
    east, _posts, _author = world
    found = by_weekday_and_hour(Scope(frozenset({east.pk})), TEN_DAYS, ("post.sent", "link.clicked"))
    sent = {(day, hour): found["post.sent"][day][hour] for day in range(7) for hour in range(24)}
    assert {place: count for place, count in sent.items() if count} == {(0, 8): 2, (1, 23): 1}
    assert found["link.clicked"][0][8] == 9
    assert weekdays_in(TEN_DAYS) == [2, 2, 2, 1, 1, 1, 1]


def test_posts_by_hand(world):
    east, (good, small, _other), _author = world
    scope = Scope(frozenset({east.pk}))
    rows = {row.key: row.came for row in post_rows(scope, TEN_DAYS)}
    assert list(rows) == [str(good.pk), str(small.pk)]  # the small sample last
    came = rows[str(good.pk)]
    assert (came.sent, came.unsent, came.clicks, came.visits, came.revenue) == (2, 0, 9, 3, Decimal(20))
    assert (rows[str(small.pk)].unsent, rows[str(small.pk)].is_small, came.is_small) == (1, True, False)
    assert unsent_reasons(scope, TEN_DAYS) == [("missed", 1)]
    kinds = dict(together(post_rows(scope, TEN_DAYS), lambda post: post.kind))
    assert (kinds["text"].posts, kinds["text"].clicks, kinds["image"].clicks) == (1, 9, 1)


def test_per_hundred_has_an_interval_and_nobody_reached_says_nothing():
    came = Came(clicks=9, reached=300)
    assert came.per_hundred(9) == 3
    low, high = came.interval(9) or (0, 0)
    assert (round(low, 2), round(high, 2)) == (1.36, 5.72)  # (3 - 0.98)² / 3 and (√10 + 0.98)² / 3
    assert Came(clicks=9).per_hundred(9) is None
    assert Came().interval(0) is None


def test_the_page_shows_the_readers_posts_alone(client, world):
    _east, _posts, author = world
    client.force_login(author)
    period = {"from": "2026-03-02", "to": "2026-03-11", "heat": "sent"}
    answer = client.get(reverse("admin:analytics_content"), period)
    charts = answer.context_data["charts"]
    assert [row[0].text for row in charts["posts"].table.rows] == ["早安", "上新"]
    monday = charts["heat"].table.rows[0]
    assert monday[1 + 8].value == 1  # two Mondays, two messages
    assert "外面" not in answer.text


def test_averages_count_the_days_that_there_are_hours_of(client, world):
    """Hours are kept for 90 days, and days to come have none: neither thins out what an average hour is."""
    _east, _posts, author = world
    trim_hours(now=at("2026-06-07 10:00"))  # leaves the hours from 2026-03-09 on
    period = {"from": "2026-03-02", "to": "2026-03-11", "heat": "sent"}
    client.force_login(author)
    charts = client.get(reverse("admin:analytics_content"), period).context_data["charts"]
    monday = charts["heat"].table.rows[0]
    assert monday[1 + 8].value == 1  # one Monday, one message
    assert charts["hours"].table.rows[8][1].value == 0.33  # in three days
    assert "从 2026-03-09 算到 2026-03-11，平均按这 3 天" in charts["hours"].note
    assert days_with_hours(TEN_DAYS, date(2026, 3, 10)) == Period(date(2026, 3, 9), date(2026, 3, 10))
    gone = client.get(reverse("admin:analytics_content"), {"from": "2026-03-01", "to": "2026-03-05"})
    assert "小时的数字已经不留了" in gone.context_data["charts"]["heat"].empty
    assert [row[0].text for row in gone.context_data["charts"]["posts"].table.rows]


def test_the_hours_that_the_page_shows_of_a_group_are_kept():
    assert {kind for _words, kinds in SHOWN.values() for kind in kinds} <= set(
        HOUR_KINDS[Dimension.GROUP] or ()
    )
