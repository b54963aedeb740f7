"""Two experiments begun at once: a group is in one of them."""

from threading import Barrier

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.enums import ExperimentState
from apps.analytics.models import Experiment
from apps.analytics.services import experiments
from apps.core.clock import database_now
from apps.core.errors import WrongState
from apps.groups.models import Group
from tests.campaigns.together import together

pytestmark = [pytest.mark.django_db(transaction=True)]


def begin_two(make_user) -> list:
    """Two drafts over the same groups, begun at the same time."""
    team = Team.objects.create(name="甲")
    actor = make_user("writer", Role.CONTENT_EDITOR, team)
    groups = [Group.objects.create(name=f"{number} 群", team=team) for number in range(8)]
    drafts = [
        experiments.create_experiment(
            name=name,
            hypothesis="会更好",
            metric="repurchase_rate",
            texts=["一", "二"],
            minimum_effect=0.5,
            days=3,
            groups=groups,
            actor=actor,
            now=database_now(),
        )
        for name in ("先", "后")
    ]

    def start(draft):
        try:
            return experiments.start_experiment(experiment=draft, actor=actor, now=database_now())
        except WrongState as error:
            return error

    return together([lambda draft=draft: start(draft) for draft in drafts])


def running() -> int:
    return Experiment.objects.filter(state=ExperimentState.RUNNING).count()


def test_of_two_experiments_with_the_same_groups_one_begins(make_user):
    answers = begin_two(make_user)
    assert running() == 1
    assert [type(answer) for answer in answers].count(WrongState) == 1


def test_control_without_the_lock_both_would(make_user, monkeypatch):
    both = Barrier(2, timeout=20)
    dealt = experiments.allocate

    def held(experiment, actor):
        return {group.pk: group for group in Group.objects.all()}

    def allocate(*arguments, **named):
        both.wait()  # both have looked, neither has written
        return dealt(*arguments, **named)

    monkeypatch.setattr(experiments, "_held", held)
    monkeypatch.setattr(experiments, "allocate", allocate)
    begin_two(make_user)
    assert running() == 2
