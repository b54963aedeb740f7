"""S1: nobody reaches or reads about groups out of their sight through somebody else's post."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Team
from apps.channels.models import Channel
from apps.content_calendar.models import Post
from apps.content_calendar.services import problems_of, submit_post, write_post
from apps.core.errors import NotAllowed
from apps.groups.models import Group
from tests.content_calendar.conftest import LATER, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere(db) -> Group:
    team = Team.objects.create(name="华南组")
    channel = Channel.objects.create(name="华南人工", driver="manual", team=team)
    return Group.objects.create(name="华南机密群", kind="benefit", team=team, channel=channel)


@pytest.fixture
def wide_draft(approver, team, groups, elsewhere) -> Post:
    values = {"title": "全员", "body": "大家好", "scheduled_at": LATER, "team": team, "selection": "filter"}
    return write_post(post=None, values=values, groups=[], actor=approver, now=NOW)


def test_the_preview_of_anothers_draft_shows_no_group_out_of_sight(client: Client, editor, wide_draft):
    client.force_login(editor)
    data = {
        "post": wide_draft.pk,
        "selection": "filter",
        "kind": "text",
        "body": "{{ group.name }}",
        "cutoff_minutes": 30,
    }
    answer = client.post(reverse("admin:content_calendar_post_preview"), data)
    assert answer.status_code == 200
    assert "华南机密群" not in answer.content.decode()


def test_a_posts_page_shows_no_group_out_of_sight(client: Client, editor, wide_draft):
    client.force_login(editor)
    answer = client.get(wide_draft.get_absolute_url())
    assert answer.status_code == 200
    assert "福利1群" in answer.content.decode()
    assert "华南机密群" not in answer.content.decode()


def test_who_submits_sees_every_group(editor, wide_draft):
    with pytest.raises(NotAllowed):
        submit_post(post=wide_draft, actor=editor, now=NOW, confirmed=problems_of(wide_draft, now=NOW).token)
