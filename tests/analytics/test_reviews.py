"""复盘: figures frozen, the weakest link of a known world, text that is not lost, tasks, scope."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Notice, Team
from apps.analytics.enums import ReviewState
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import Goal, Review, ReviewVersion
from apps.analytics.selectors.review_peers import peers_of
from apps.analytics.services.reviews import (
    Clash,
    add_action,
    finish_action,
    publish,
    refigure,
    reopen,
    start_review,
    take_up,
    write,
)
from apps.analytics.services.rolling import rebuild
from apps.campaigns.enums import RunState
from apps.campaigns.models import Run
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.groups.enums import GroupKind
from apps.groups.models import Group
from tests.analytics.facts import at, fact, record_facts
from tests.campaigns.factories import make_run

NOW = at("2026-04-01 12:00")


def run_of(campaign, opens, *, viewed, entered, succeeded, team):
    """A run of a week with so many facts; each success pays ¥49."""
    opens_at = at(f"2026-03-{opens:02d} 10:00")
    run = make_run(
        "assist",
        campaign=campaign,
        opens_at=opens_at,
        closes_at=opens_at + timedelta(days=5),
        state=RunState.CLOSED,
    )
    if campaign is None:
        run.campaign.team = team
        run.campaign.save()
    about = {"run": run.pk, "campaign": run.campaign_id}
    numbers = (
        ("page.viewed", viewed),
        ("campaign.entered", entered),
        ("campaign.succeeded", succeeded),
        ("order.paid", succeeded),
    )
    record_facts(
        *(
            fact(
                kind,
                opens_at + timedelta(minutes=n),
                member_id=n + 1,
                team_id=team.pk,
                data=about,
                value=49 if kind == "order.paid" else None,
            )
            for kind, number in numbers
            for n in range(number)
        )
    )
    return run


@pytest.fixture
def runs(team):
    """Four runs: 120 open the page, 100 enter, 40 succeed and pay. In the last only 10 of 100 succeed."""
    first = run_of(None, 1, viewed=120, entered=100, succeeded=40, team=team)
    others = [
        run_of(first.campaign, day, viewed=120, entered=100, succeeded=won, team=team)
        for day, won in ((7, 40), (13, 40), (19, 10))
    ]
    rebuild(now=NOW)
    return [first, *others]


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def review(runs, operator):
    found, is_new = start_review(kind="run", run=runs[-1], actor=operator, now=NOW)
    assert is_new
    return found


def test_the_weakest_link_of_a_run_is_named_with_members_and_money(review):
    """By hand: with the usual 40 % of 100 entries, 40 had paid instead of 10: 30 more, 30 × ¥49 = ¥1,470."""
    assert review.diagnosis["weakest"] == "finish"
    link = next(one for one in review.diagnosis["links"] if one["key"] == "finish")
    assert (link["rate"], link["usual"]) == (0.1, 0.4)
    assert (link["members"], link["money"]) == (pytest.approx(30), pytest.approx(1470))
    assert 0 < link["members_low"] < 30 < link["members_high"]
    assert link["sure"] > 0.99
    assert "high_bar" in {one["key"] for one in review.diagnosis["hypotheses"]}


def test_figures_stand_beside_goal_last_time_and_comparables(runs, operator, team):
    Goal.objects.create(
        metric="revenue", target=2000, run=runs[-1], starts_on=date(2026, 3, 19), ends_on=date(2026, 3, 24)
    )
    review, _new = start_review(kind="run", run=runs[-1], actor=operator, now=NOW)
    revenue = next(row for row in review.figures["metrics"] if row["key"] == "revenue")
    assert (revenue["value"], revenue["was"]["value"], revenue["target"]) == (490, 1960, 2000)
    assert (revenue["q1"], revenue["median"], revenue["q3"], revenue["peers"]) == (1960, 1960, 1960, 3)
    assert review.figures["before_label"].endswith("第 3 期")


@pytest.mark.parametrize("kind", ["run", "campaign", "group"])
def test_comparing_with_more_takes_no_more_queries(kind, runs, team, architect):
    for number in range(3):
        Group.objects.create(name=f"{number} 群", kind=GroupKind.VIP, team=team)
    other = run_of(None, 2, viewed=9, entered=9, succeeded=1, team=team)
    third = run_of(None, 3, viewed=9, entered=9, succeeded=1, team=team)
    about = {"run": other, "campaign": other.campaign, "group": Group.objects.first()}[kind]
    review = Review(kind=kind, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31), **{kind: about})
    metrics = list(all_metrics().values())
    assert review.home_team == team  # read once

    def look():
        with CaptureQueriesContext(connection) as queries:
            peers = peers_of(review, metrics=metrics, user=architect, today=date(2026, 4, 1))
        return len(peers.sums), len(queries)

    many, queries = look()
    Run.objects.filter(pk__in=[third.pk, *(run.pk for run in runs[:2])]).delete()
    Group.objects.filter(name="2 群").delete()
    few, same = look()
    assert many > few > 0
    assert queries == same


def test_what_cannot_be_told_is_said_to_be_unknown(team, operator):
    run = run_of(None, 1, viewed=120, entered=100, succeeded=1, team=team)
    rebuild(now=NOW)
    alone, _new = start_review(kind="run", run=run, actor=operator, now=NOW)
    assert alone.diagnosis["weakest"] == ""
    assert {link["doubt"] for link in alone.diagnosis["links"]} <= {"peers", "cases"}


def test_other_teams_runs_are_no_comparables(runs, make_user, architect):
    """S1: nobody learns from a median how another team does."""
    stranger = make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南组"))
    own = run_of(None, 2, viewed=50, entered=40, succeeded=1, team=stranger.teams.get())
    rebuild(now=NOW)
    review, _new = start_review(kind="run", run=own, actor=stranger, now=NOW)
    assert review.figures["peers"] == 0
    # Whoever reads it anew and sees all teams does not show them to this one.
    assert refigure(review=review, actor=architect, now=NOW).figures["peers"] == 0


@pytest.mark.parametrize("kind", ["month", "group", "campaign"])
def test_every_kind_can_be_reviewed_even_without_facts(kind, operator, team, runs, client):
    group = Group.objects.create(name="空群", kind=GroupKind.VIP, team=team)
    subject = {"month": {"team": team}, "group": {"group": group}, "campaign": {"campaign": runs[0].campaign}}
    review, _new = start_review(kind=kind, actor=operator, now=NOW, month=date(2026, 2, 1), **subject[kind])
    again, is_new = start_review(kind=kind, actor=operator, now=NOW, month=date(2026, 2, 9), **subject[kind])
    assert (again, is_new) == (review, False)
    client.force_login(operator)
    assert client.get(review.get_absolute_url()).status_code == 200


def test_a_house_is_reviewed_by_who_sees_it_and_the_future_by_nobody(operator, architect, team, make_user):
    with pytest.raises(NotAllowed):
        start_review(kind="month", actor=operator, now=NOW)
    start_review(kind="month", actor=architect, now=NOW)
    with pytest.raises(Invalid):
        start_review(kind="month", team=team, actor=operator, now=NOW, month=date(2027, 1, 1))
    with pytest.raises(Invalid):
        start_review(kind="run", actor=operator, now=NOW)
    with pytest.raises(NotAllowed):
        start_review(kind="month", team=team, actor=make_user("s", Role.MEMBER_SERVICE, team), now=NOW)


def test_text_is_never_written_over_unseen(review, operator, architect):
    write(review=review, sections={"summary": "我的"}, revision=1, actor=operator, now=NOW)
    with pytest.raises(Clash) as clash:
        write(review=review, sections={"summary": "你的"}, revision=1, actor=architect, now=NOW)
    assert clash.value.theirs.sections["summary"] == "我的"
    # The same text again is no clash: a second autosave of the same words.
    write(review=review, sections={"summary": "我的"}, revision=1, actor=operator, now=NOW)
    saved = write(review=review, sections={"causes": "门槛"}, revision=2, actor=architect, now=NOW)
    assert (saved.revision, saved.sections["summary"], saved.sections["causes"]) == (3, "我的", "门槛")


def test_what_was_published_stays(review, operator):
    write(review=review, sections={"summary": "第一版"}, revision=1, actor=operator, now=NOW)
    assert publish(review=review, actor=operator, now=NOW).number == 1
    review.refresh_from_db()
    assert review.state == ReviewState.PUBLISHED
    for act in (
        lambda: write(review=review, sections={"summary": "改"}, revision=2, actor=operator, now=NOW),
        lambda: refigure(review=review, actor=operator, now=NOW),
        lambda: publish(review=review, actor=operator, now=NOW),
    ):
        with pytest.raises(WrongState):
            act()
    reopen(review=review, actor=operator, now=NOW)
    write(review=review, sections={"summary": "第二版"}, revision=2, actor=operator, now=NOW)
    assert publish(review=review, actor=operator, now=NOW).number == 2
    texts = ReviewVersion.objects.order_by("number").values_list("sections__summary", flat=True)
    assert list(texts) == ["第一版", "第二版"]


def test_new_facts_reach_a_draft_only_when_asked(review, runs, operator, team):
    record_facts(
        fact(
            "order.paid",
            "2026-03-20 10:00",
            value=10,
            member_id=1,
            team_id=team.pk,
            data={"run": runs[-1].pk},
        )
    )
    rebuild(now=NOW)
    review.refresh_from_db()
    assert review.figures["sums"]["paid"] == 490
    assert refigure(review=review, actor=operator, now=NOW).figures["sums"]["paid"] == 500


def test_suggestions_become_tasks_on_the_calendar(review, operator, make_user, team, client):
    task = take_up(review=review, hypothesis="high_bar", number=0, actor=operator, now=NOW)
    assert take_up(review=review, hypothesis="high_bar", number=0, actor=operator, now=NOW) == task
    with pytest.raises(Invalid):
        take_up(review=review, hypothesis="high_bar", number=99, actor=operator, now=NOW)
    editor = make_user("editor", Role.CONTENT_EDITOR, team)
    mine = add_action(
        review=review, text="写一篇攻略", owner=editor, due_on=date(2026, 4, 3), actor=operator, now=NOW
    )
    assert Notice.objects.get(user=editor).url == review.get_absolute_url()
    client.force_login(editor)
    week = {"start": "2026-03-30T00:00:00", "end": "2026-04-06T00:00:00"}
    (row,) = client.get(reverse("admin:content_calendar_post_tasks"), week).json()
    assert (row["day"], row["url"], row["is_done"]) == ("2026-04-03", review.get_absolute_url(), False)
    assert "写一篇攻略" in row["title"]
    finish_action(action=mine, actor=editor, now=NOW)
    assert client.get(reverse("admin:content_calendar_post_tasks"), week).json()[0]["is_done"]
    stranger = make_user("stranger", Role.CONTENT_EDITOR, Team.objects.create(name="华南组"))
    client.force_login(stranger)
    assert client.get(reverse("admin:content_calendar_post_tasks"), week).json() == []
    assert client.get(reverse("admin:content_calendar_post_tasks"), {"start": "x"}).status_code == 400


def test_the_page_and_its_verbs(review, runs, operator, client, make_user):
    client.force_login(operator)
    page = client.get(review.get_absolute_url()).content.decode()
    assert "最弱的一环：发起 → 成功" in page
    assert "¥1,470.00" in page
    assert "开始时间" in page

    def act(verb, **data):
        return client.post(reverse("admin:analytics_review_act", args=[review.pk, verb]), data)

    saved = client.post(
        reverse("admin:analytics_review_act", args=[review.pk, "write"]),
        {"summary": "<script>x</script>", "revision": "1"},
        headers={"Accept": "application/json"},
    )
    assert saved.json() == {"revision": 2}
    clash = act("write", summary="别人不知道的话", revision="1")
    assert clash.status_code == 409
    assert "别人不知道的话" in clash.content.decode()
    assert "&lt;script&gt;" in clash.content.decode()
    assert act("add", text="给老成员发券", due_on="2026-04-09").status_code == 302
    for wrong in ({"due_on": "下周"}, {"due_on": "0001-01-01"}, {"owner": "99999"}):
        act("add", text="没有说清的任务", **wrong)
    action = review.actions.get()
    assert act("done", action=action.pk).status_code == 302
    assert review.actions.get().done_by == operator
    assert act("publish").status_code == 302
    assert client.get(f"{review.get_absolute_url()}&version=1").status_code == 200
    assert act("nonsense").status_code == 404
    export = client.get(f"{review.get_absolute_url()}&export=links&format=csv")
    assert export.status_code == 200
    assert "text/csv" in export["Content-Type"]


def test_strangers_find_nothing(review, make_user, client):
    stranger = make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南组"))
    client.force_login(stranger)
    assert client.get(review.get_absolute_url()).status_code == 404
    assert client.post(reverse("admin:analytics_review_act", args=[review.pk, "publish"])).status_code == 404
    assert 'data-testid="review-row"' not in client.get(reverse("admin:analytics_reviews")).content.decode()
    client.force_login(make_user("service", Role.MEMBER_SERVICE))
    assert client.get(review.get_absolute_url()).status_code == 403
    for odd in ("", "x", "9" * 30):
        client.force_login(stranger)
        assert client.get(reverse("admin:analytics_review"), {"review": odd}).status_code == 404
    started = client.post(reverse("admin:analytics_reviews_start"), {"kind": "run", "run": review.run_id})
    assert started.status_code == 302
    assert Review.objects.count() == 1


def test_a_shared_link_shows_a_review_without_names_or_doors(review, operator, client):
    from urllib.parse import urlsplit

    write(review=review, sections={"summary": "门槛高了"}, revision=1, actor=operator, now=NOW)
    publish(review=review, actor=operator, now=NOW)
    add_action(review=review, text="降低人数", owner=operator, actor=operator, now=NOW)
    client.force_login(operator)
    asked = {"do": "share", "page": "review", "query": f"review={review.pk}", "days": "7"}
    link = urlsplit(client.post("/admin/analytics/views/", asked).context_data["link"]).path
    client.logout()
    text = client.get(link).content.decode()
    assert "最弱的一环：发起 → 成功" in text
    assert "门槛高了" in text
    assert "降低人数" in text
    assert "csrfmiddlewaretoken" not in text
    assert str(operator) not in text
    assert "/admin/" not in text.replace("/admin/jsi18n", "")
    review.run.campaign.team = None
    review.run.campaign.save()
    assert client.get(link).status_code != 200


def test_a_runs_and_a_groups_page_lead_to_their_reviews(review, runs, operator, team, client):
    group = Group.objects.create(name="一群", kind=GroupKind.VIP, team=team)
    client.force_login(operator)
    for page, address in (
        (runs[-1].get_absolute_url(), f"/admin/analytics/reviews/?run={runs[-1].pk}"),
        (
            reverse("admin:groups_group_change", args=[group.pk]),
            f"/admin/analytics/reviews/?group={group.pk}",
        ),
    ):
        assert f'href="{address}"' in client.get(page).content.decode()
    assert "review-row" in client.get(f"/admin/analytics/reviews/?run={runs[-1].pk}").content.decode()
    page = client.get(f"/admin/analytics/reviews/?group={group.pk}").content.decode()
    assert "review-row" not in page
    assert f'<option value="{group.pk}" selected' in page
