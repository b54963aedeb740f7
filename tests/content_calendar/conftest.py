"""Groups, channels, people and posts to work with."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.channels.models import Channel
from apps.content_calendar.models import Post
from apps.content_calendar.services import approve_post, problems_of, submit_post, write_post
from apps.groups.models import Group

#: 2026-03-02 09:00 in Shanghai, a Monday.
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def channel(team: Team) -> Channel:
    return Channel.objects.create(name="人工一号", driver="manual", team=team)


@pytest.fixture
def make_group(team: Team, channel: Channel):
    def make(name: str, **values) -> Group:
        values = {"kind": "benefit", "team": team, "channel": channel, "leader_name": "王姐"} | values
        return Group.objects.create(name=name, **values)

    return make


@pytest.fixture
def groups(make_group) -> list[Group]:
    return [make_group("福利1群"), make_group("福利2群"), make_group("福利3群")]


@pytest.fixture
def editor(make_user, team: Team) -> User:
    return make_user("editor", Role.CONTENT_EDITOR, team)


@pytest.fixture
def approver(make_user, team: Team) -> User:
    return make_user("approver", Role.ARCHITECT, team)


@pytest.fixture
def make_post(editor: User, groups: list[Group]):
    """``make_post(title="…", groups=[…], author=…, now=…)`` → a stored draft."""

    def make(*, groups: list[Group] = groups, author: User = editor, **values) -> Post:
        values = {"title": "早安", "body": "大家早上好", "scheduled_at": LATER} | values
        return write_post(post=None, values=values, groups=groups, actor=author, now=NOW)

    return make


@pytest.fixture
def submit(editor: User):
    """Submit a post with every warning ticked."""

    def go(post: Post, *, actor: User = editor, now: datetime = NOW) -> Post:
        return submit_post(post=post, actor=actor, now=now, confirmed=problems_of(post, now=now).token)

    return go


@pytest.fixture
def schedule(submit, approver: User):
    """Submit and approve."""

    def go(post: Post, *, now: datetime = NOW) -> Post:
        return approve_post(post=submit(post, now=now), actor=approver, now=now)

    return go
