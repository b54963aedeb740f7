"""Opposite orders of locks on members' ledgers, in two runs that share no budget, benefit or entry."""

import pytest
from django.utils import timezone

from apps.campaigns.enums import PartState
from apps.campaigns.models import Contribution, Entry, Grant, Run
from apps.campaigns.services.engine import act_as_system
from apps.members.models import Member
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start
from tests.campaigns.together import together

_TURNS = 40


def pair_run() -> Run:
    rules = {"is_new_only": False, "is_one_way": False, "accepts_per_friend": 100, "invites": 10_000}
    return make_run("coupon", rules, slots={"friend": make_benefit(), "inviter": make_benefit()})


def to_and_fro(entry: Entry, friend: Member) -> None:
    for _turn in range(_TURNS):
        play(entry, "accept", friend)
        part = Contribution.objects.exclude(state=PartState.VOID).get(entry=entry)
        act_as_system(entry_id=entry.pk, verb="voided", part_id=part.pk, reason="staff", now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_two_friends_who_invite_each_other_in_two_runs_never_deadlock() -> None:
    """What a void takes back is locked at once, members by ascending id, as gives lock them."""
    one, two = make_member(), make_member()
    first, second = start(pair_run(), one), start(pair_run(), two)
    results = together([lambda: to_and_fro(first, two), lambda: to_and_fro(second, one)], threads=2)
    assert results == [None, None]
    assert set(Grant.objects.values_list("state", flat=True)) == {"void"}
    assert set(Member.objects.values_list("points_balance", flat=True)) == {0}
