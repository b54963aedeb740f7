"""The links of a run's posts: one per group, the same however often the post is scheduled (attribution, D1)."""

from datetime import timedelta

import pytest

from apps.accounts.enums import Role
from apps.campaigns.models import Campaign, Run, ShareLink
from apps.channels.models import Delivery
from apps.content_calendar.enums import RunPostKind
from apps.content_calendar.models import Post, RunPost
from apps.content_calendar.services import approve_post, problems_of
from apps.content_calendar.services.changes import move_post, recall_post
from apps.content_calendar.services.preview import previews
from apps.content_calendar.services.run_posts import draft_run_posts
from tests.campaigns.factories import make_run
from tests.content_calendar.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    return make_run("assist", {"stages": [2]}, opens_at=NOW, closes_at=NOW + timedelta(days=3))


@pytest.fixture
def run_post(make_post, run: Run):
    """A post drafted for the run, with the given text."""

    def make(body: str = "来吧 {{ run.link }}", **values) -> Post:
        post = make_post(body=body, **values)
        RunPost.objects.create(run=run, kind=RunPostKind.START, post=post, planned_for=post.scheduled_at)
        return post

    return make


def texts() -> dict[str, str]:
    return {d.recipient: d.content["text"] for d in Delivery.objects.exclude(state="cancelled")}


def test_each_group_gets_its_own_link(run_post, schedule, run, groups, settings) -> None:
    settings.SITE_URL = "https://community.example.com/"
    post = schedule(run_post())
    links = {link.group_id: link for link in ShareLink.objects.all()}
    assert set(links) == {group.pk for group in groups}
    for group in groups:
        link = links[group.pk]
        assert texts()[group.name] == f"来吧 https://community.example.com/s/{link.code}"
        assert (link.run, link.post_id, link.channel, link.inviter) == (run, post.pk, "wecom", None)
        assert link.utm == {
            "utm_source": "wecom",
            "utm_medium": "group",
            "utm_campaign": f"run-{run.pk}",
        }


@pytest.mark.parametrize("kind", ["text", "markdown"])
def test_a_link_is_written_as_it_is_whatever_the_kind(run_post, schedule, kind: str) -> None:
    schedule(run_post(kind=kind))
    codes = set(ShareLink.objects.values_list("code", flat=True))
    assert {text.rpartition("/s/")[2] for text in texts().values()} == codes
    assert all(code.isalnum() for code in codes)


def test_a_post_recalled_and_scheduled_again_keeps_its_links(run_post, schedule, approver, editor) -> None:
    post = schedule(run_post())
    before = texts()
    recall_post(post=post, actor=editor, now=NOW)
    schedule(Post.objects.get(pk=post.pk))
    assert texts() == before
    assert ShareLink.objects.count() == 3


def test_a_post_that_moves_and_is_written_anew_keeps_its_links(run_post, schedule, editor) -> None:
    post = schedule(run_post("{{ post.time }} {{ run.link }}"))
    before = texts()
    move_post(post=post, to=NOW + timedelta(hours=5), actor=editor, now=NOW)
    for name, text in texts().items():
        assert text != before[name]
        assert text.split()[1] == before[name].split()[1]


def test_a_preview_makes_no_link_and_is_as_long_as_the_message(run_post, schedule, groups) -> None:
    post = run_post()
    bubbles = previews(post, groups, now=NOW)[0].bubbles
    assert not ShareLink.objects.exists()
    schedule(post)
    assert {len(text) for text in texts().values()} == {len(bubbles[0].text)}


def test_a_post_of_no_run_cannot_name_the_link(make_post) -> None:
    problems = problems_of(make_post(body="{{ run.link }}"), now=NOW)
    assert [problem.code for problem in problems.errors] == ["no_run"]


def test_a_post_without_the_variable_makes_no_links(run_post, schedule) -> None:
    schedule(run_post("大家好"))
    assert not ShareLink.objects.exists()


def test_links_cost_the_same_for_one_group_and_for_three(
    run_post, submit, approver, groups, django_assert_num_queries, make_group
) -> None:
    from apps.content_calendar.services.links import links_of

    post = run_post()
    with django_assert_num_queries(4):  # the run; what is there; what is not; all of it
        links_of(post, groups[:1], now=NOW)
    with django_assert_num_queries(4):
        assert len(links_of(post, groups, now=NOW)) == 3


def test_drafts_end_with_the_link_and_can_be_sent(team, make_user, groups, approver, submit, run) -> None:
    author = make_user("author", Role.ARCHITECT, team)
    Campaign.objects.filter(pk=run.campaign_id).update(owner=author, team=team)
    run.campaign.groups.set(groups)
    draft_run_posts(now=NOW)
    post = Post.objects.get(run_post__kind="reminder")
    assert post.body.endswith("从这里参加：{{ run.link }}")
    approve_post(post=submit(post, actor=author), actor=approver, now=NOW)
    assert all("从这里参加：http" in text for text in texts().values())


def test_a_campaign_in_a_mini_program_gives_no_web_link_away(team, make_user, groups, run) -> None:
    author = make_user("author", Role.ARCHITECT, team)
    Campaign.objects.filter(pk=run.campaign_id).update(
        owner=author, team=team, mini_program_path="pages/help/index"
    )
    run.campaign.groups.set(groups)
    draft_run_posts(now=NOW)
    for post in Post.objects.all():
        assert "run.link" not in post.body
        assert post.body.endswith("请在小程序里参加。")
