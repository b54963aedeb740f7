"""Experiments: fixed before they begin, silent until they are over."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.models import Experiment
from apps.analytics.selectors.experiments import comparable_metrics, finding_of, planning_of
from apps.analytics.services.experiments import create_experiment, decide_experiment, start_experiment
from apps.analytics.services.rolling import rebuild
from apps.content_calendar.models import Post
from apps.core.clock import database_now
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.groups.models import Group
from tests.analytics.facts import fact, record_facts

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(make_user, team):
    return make_user("lab", Role.GROUP_OPERATOR, team)


@pytest.fixture
def content(make_user, team):
    return make_user("writer", Role.CONTENT_EDITOR, team)


@pytest.fixture
def groups(team):
    return [Group.objects.create(name=f"{number} 群", team=team) for number in range(10)]


def draft(actor, groups, **changes) -> Experiment:
    values = {
        "name": "先说优惠",
        "hypothesis": "先说优惠，复购会高两成",
        "metric": "repurchase_rate",
        "texts": ["今天八折", "新品到了"],
        "minimum_effect": 0.5,
        "days": 3,
    }
    return create_experiment(**(values | changes), groups=groups, actor=actor, now=database_now())


def sell(experiment, at, *, better: str):
    """In each group twenty buy; of the better version's groups ten to fourteen buy again, of the other's two or three."""
    record_facts(
        *(
            fact("order.paid", at + timedelta(minutes=time), member_id=int(group) * 100 + member, group_id=int(group),
                 team_id=experiment.team_id, value=10)
            for number, (group, key) in enumerate(sorted(experiment.allocation.items()))
            for member in range(20)
            for time in range(1 + (member < (10 + number % 5 if key == better else 2 + number % 2)))
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "changes"),
    [("name", {"name": " "}), ("hypothesis", {"hypothesis": ""}), ("metric", {"metric": "nothing"}),
     ("texts", {"texts": ["一样", "一样 "]}), ("minimum_effect", {"minimum_effect": 0}), ("days", {"days": 0})],
)  # fmt: skip
def test_what_is_missing_is_said_by_its_field(field, changes, content, groups):
    with pytest.raises(Invalid) as error:
        draft(content, groups, **changes)
    assert error.value.field == field
    assert not Experiment.objects.exists()


def test_too_few_groups_and_those_of_others_are_refused(content, groups):
    with pytest.raises(Invalid):
        draft(content, groups[:7])
    other = Group.objects.create(name="别人的", team=Team.objects.create(name="别的团队"))
    with pytest.raises(NotAllowed):
        draft(content, [*groups[:8], other])


def test_an_experiment_is_one_teams(make_user, team, content, groups):
    """Sums over groups of two teams would tell each what the other sold."""
    second = Team.objects.create(name="第二队")
    others = [Group.objects.create(name=f"二队 {number}", team=second) for number in range(4)]
    both = make_user("both", Role.CONTENT_EDITOR, team, second)
    with pytest.raises(Invalid) as error:
        draft(both, [*groups, *others])
    assert error.value.field == "groups"
    assert draft(both, groups).team == team
    architect = make_user("architect", Role.ARCHITECT)
    mixed = draft(architect, [*groups, *others])
    assert mixed.team is None
    assert mixed not in Experiment.objects.visible_to(both)
    assert draft(architect, groups) in Experiment.objects.visible_to(content)


def test_what_a_group_does_in_another_team_is_not_in_the_sums(content, groups):
    now = timezone.now()
    experiment = start_experiment(
        experiment=draft(content, groups), actor=content, now=now - timedelta(days=2)
    )
    second = Team.objects.create(name="第二队")
    Group.objects.filter(pk=groups[0].pk).update(team=second)
    for group, at_home in ((groups[0], second), (groups[1], experiment.team)):
        record_facts(
            fact("order.paid", now, member_id=group.pk, group_id=group.pk, team_id=at_home.pk, value=10)
        )
    rebuild(now=database_now())
    assert sum(arm.denominator for arm in finding_of(experiment, now=now).arms) == 1


def test_starting_deals_groups_out_evenly_and_drafts_both_posts(content, groups):
    experiment = start_experiment(experiment=draft(content, groups), actor=content, now=database_now())
    dealt = sorted(experiment.allocation.values())
    assert dealt == ["A"] * 5 + ["B"] * 5
    posts = Post.objects.order_by("title")
    assert [post.body for post in posts] == ["今天八折", "新品到了"]
    for post, key in zip(posts, "AB", strict=True):
        assert {str(pk) for pk in post.groups.values_list("pk", flat=True)} == {
            pk for pk, one in experiment.allocation.items() if one == key
        }
    with pytest.raises(WrongState):
        start_experiment(experiment=experiment, actor=content, now=database_now())
    with pytest.raises(NotAllowed):  # a group is in one experiment at a time
        draft(content, groups)


def test_no_winner_is_named_before_the_planned_days_are_over(content, groups, client):
    now = timezone.now()
    experiment = start_experiment(
        experiment=draft(content, groups), actor=content, now=now - timedelta(days=2)
    )
    sell(experiment, now, better="B")
    rebuild(now=database_now())
    early = finding_of(experiment, now=now)
    assert early.difference.p < 0.05
    assert not early.is_final
    assert early.winner == ""
    with pytest.raises(Invalid):
        decide_experiment(experiment=experiment, decision="B", reason="看着好", actor=content, now=now)
    client.force_login(content)
    address = f"/admin/analytics/experiments/{experiment.pk}/"
    page = client.get(address).content.decode()
    assert "先不下结论" in page
    assert "采用方案" not in page
    late = now + timedelta(days=3)
    final = finding_of(experiment, now=late)
    assert final.is_final
    assert final.winner == "B"
    done = decide_experiment(experiment=experiment, decision="B", reason="复购高", actor=content, now=late)
    assert done.snapshot["p"] == final.difference.p
    assert done.decision == "B"
    assert "复购高" in client.get(address).content.decode()


def test_a_decision_needs_its_reason_in_the_database_too(content, groups):
    experiment = start_experiment(experiment=draft(content, groups), actor=content, now=database_now())
    experiment.state, experiment.decision, experiment.decided_at = "decided", "A", database_now()
    with pytest.raises(IntegrityError), transaction.atomic():
        experiment.save()


def test_planning_says_what_the_groups_can_show(content, groups):
    metric = comparable_metrics()["repurchase_rate"]
    ids = [group.pk for group in groups]
    now = database_now()
    empty = planning_of(metric, ids, minimum_effect=0.2, days=7, user=content, now=now)
    assert empty.base is None
    assert empty.needed is None
    assert not empty.is_enough
    record_facts(
        *(
            fact("order.paid", now - timedelta(hours=time), member_id=pk * 100 + member, group_id=pk, value=5,
                 team_id=groups[0].team_id)
            for pk in ids for member in range(30) for time in range(1, 2 + (member < 6 + pk % 3))
        )
    )  # fmt: skip
    rebuild(now=now)
    plan = planning_of(metric, ids, minimum_effect=0.2, days=7, user=content, now=now)
    assert plan.base == pytest.approx(0.23, abs=0.03)
    assert plan.size == 30
    assert plan.needed > 10
    assert not plan.is_enough
    assert planning_of(metric, ids, minimum_effect=3.0, days=7, user=content, now=now).is_enough


def test_the_form_keeps_what_was_typed_and_creates(content, groups, client):
    client.force_login(content)
    address = "/admin/analytics/experiments/"
    typed = {"name": "标题", "hypothesis": "", "metric": "repurchase_rate", "a": "甲", "b": "乙", "effect": "30",
             "days": "5", "groups": [group.pk for group in groups]}  # fmt: skip
    refused = client.post(address, typed)
    assert refused.status_code == 400
    assert "甲" in refused.content.decode()
    # What is no number is asked for again: no plan is begun with a number that nobody typed.
    for name, wrong in (("effect", "两成"), ("effect", "nan"), ("days", "一周")):
        assert client.post(address, typed | {"hypothesis": "会更好", name: wrong}).status_code == 400
    assert not Experiment.objects.exists()
    assert client.post(address, typed | {"hypothesis": "会更好"}).status_code == 302
    experiment = Experiment.objects.get()
    assert experiment.minimum_effect == 0.3
    assert experiment.planned_groups == 10
    assert "标题" in client.get(address).content.decode()
