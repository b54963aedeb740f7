"""C2: the campaign's own caps count what took effect, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Entry, MemberQuota
from apps.orders.models import Order
from apps.orders.services.orders import lapse_due_orders
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import play, start

pytestmark = pytest.mark.django_db


def lapse() -> None:
    """Every order that is open now was not paid in time."""
    assert lapse_due_orders(
        now=max(Order.objects.values_list("pay_before", flat=True)) + timedelta(seconds=1)
    )


def test_who_helped_a_friend_may_still_buy_at_the_own_price() -> None:
    run = make_run("bargain", {"helpers": 2}, stock=5, contributions_per_member=1)
    owner, friend = make_member(), make_member()
    own = start(run, owner)
    play(start(run, friend), "cut", owner)
    for helper in (friend, make_member()):
        play(own, "cut", helper)
    own.refresh_from_db()
    assert own.state == EntryState.MATCHED
    play(own, "buy", owner)


def test_who_did_not_pay_in_time_may_open_a_team_again() -> None:
    run = make_run("group_buy", {"size": 2}, entries_per_member=1)
    leader = make_member()
    entry = start(run, leader)
    lapse()
    entry.refresh_from_db()
    assert entry.state == EntryState.CANCELLED
    start(run, leader)
    with pytest.raises(Refused, check=lambda error: error.code == "entry_limit"):
        start(run, leader)


def test_who_did_not_pay_in_time_may_send_again() -> None:
    run = make_run("gift", entries_per_member=1)
    sender = make_member()
    start(run, sender)
    lapse()
    start(run, sender)


def test_who_did_not_pay_in_time_may_join_again() -> None:
    run = make_run("group_buy", {"size": 3, "hours": 24, "pay_minutes": 30}, contributions_per_member=1)
    entry, friend = start(run, make_member()), make_member()
    Order.objects.update(pay_before=None)
    play(entry, "join", friend)
    lapse_due_orders(now=timezone.now() + timedelta(hours=1))
    entry.refresh_from_db()
    assert (entry.state, entry.pending_count) == (EntryState.OPEN, 1)
    play(entry, "join", friend)
    with pytest.raises(Refused, check=lambda error: error.code == "contribution_limit"):
        play(start(run, make_member()), "join", friend)


def test_an_heir_does_not_get_the_openers_use_back() -> None:
    """The leader hands a team over; that it ends unpaid in the heir's hands frees the opener, not the heir."""
    run = make_run("group_buy", {"size": 3, "seats_per_member": 9}, entries_per_member=1)
    opener, heir = make_member(), make_member()
    team = start(run, opener)
    own = start(run, heir)
    play(team, "join", heir)
    play(team, "leave", opener)
    team.refresh_from_db()
    assert team.owner_id == heir.pk
    play(team, "leave", heir)
    team.refresh_from_db()
    assert team.state == EntryState.CANCELLED
    assert Entry.objects.get(pk=own.pk).state == EntryState.OPEN
    used = dict(MemberQuota.objects.filter(scope="entry").values_list("member_id", "used"))
    assert used == {opener.pk: 0, heir.pk: 1}
