"""Two entries in one transaction: an exchange through the engine on PostgreSQL, and the race for one thing (C8)."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Claim, Contribution, Entry, Run
from apps.campaigns.services.engine import Outcome, act_as_system, writing
from apps.members.models import Member
from apps.members.services.points import move_points
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.guards import without_row_locks
from tests.campaigns.play import play, start
from tests.campaigns.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def shelf() -> Run:
    return make_run("swap", {"needs_moderation": False, "confirm_hours": 1})


def rich(points: int = 100) -> Member:
    member = make_member()
    move_points(member_id=member.pk, delta=points, key=f"gift:{member.pk}", note="开始", now=timezone.now())
    return member


def put(run: Run, owner: Member) -> Entry:
    return start(run, owner, title="台灯", photos=["a.jpg"])


def offer(entry: Entry, member: Member, **terms: object) -> int:
    play(entry, "offer", member, **terms)
    return Contribution.objects.get(entry=entry, member=member, state=PartState.PENDING).pk


def balance(member: Member) -> int:
    return Member.objects.get(pk=member.pk).points_balance


def check_sums(entry: Entry) -> None:
    """What the engine keeps is what the contributions say."""
    entry.refresh_from_db()
    found = Counter(Contribution.objects.filter(entry=entry).values_list("state", flat=True))
    assert (entry.count, entry.pending_count) == (found[PartState.COUNTED], found[PartState.PENDING])


def matched() -> tuple[Entry, Entry, Member, Member, Member]:
    """A lamp of the first for that of the second and 20 points; the third is a rival for the second's."""
    run, owner, partner, rival = shelf(), rich(), rich(), rich()
    lamp, book = put(run, owner), put(run, partner)
    offer(book, rival, points=30)
    part = offer(lamp, partner, item=book.code, points=20)
    assert (balance(partner), balance(rival)) == (80, 70)
    play(lamp, "accept", owner, part=part)
    for entry in (lamp, book):
        check_sums(entry)
        assert entry.state == EntryState.MATCHED
    assert balance(rival) == 100, "a rival for the offered thing is released too"
    return lamp, book, owner, partner, rival


def test_exchange_moves_both_entries_and_the_points() -> None:
    """C8, M4."""
    lamp, book, owner, partner, _rival = matched()
    play(lamp, "confirm", owner)
    play(lamp, "confirm", partner)
    for entry in (lamp, book):
        check_sums(entry)
        assert entry.state == EntryState.WON
        assert entry.ended_at is not None
    assert (balance(owner), balance(partner)) == (120, 80)


@pytest.mark.parametrize("from_the_item", [True, False])
def test_time_that_runs_out_undoes_both_from_either_side(from_the_item: bool) -> None:
    lamp, book, _owner, partner, _rival = matched()
    later = timezone.now() + timedelta(hours=2)
    first, second = (book, lamp) if from_the_item else (lamp, book)
    act_as_system(entry_id=first.pk, verb="expire", now=later)
    assert act_as_system(entry_id=second.pk, verb="expire", now=later) is None, "the other side followed"
    for entry in (lamp, book):
        check_sums(entry)
        assert entry.state == EntryState.OPEN
    assert balance(partner) == 100
    assert not Claim.objects.exists()


def test_cancelling_gives_everything_back() -> None:
    lamp, book, _owner, partner, _rival = matched()
    play(lamp, "cancel", partner)
    for entry in (lamp, book):
        check_sums(entry)
        assert entry.state == EntryState.OPEN
    assert balance(partner) == 100
    assert offer(lamp, partner, item=book.code, points=20)


def race(owners: int) -> Counter:
    """One thing is offered to everybody; all accept it at once."""
    run, giver = shelf(), rich()
    thing = put(run, giver)
    shelves = [(put(run, owner), owner) for owner in (rich() for _ in range(owners))]
    asked = [(entry, owner, offer(entry, giver, item=thing.code)) for entry, owner in shelves]
    results = together([partial(play, entry, "accept", owner, part=part) for entry, owner, part in asked])
    for result in results:
        assert isinstance(result, (Outcome, Refused)), repr(result)
    return Counter("ok" if isinstance(result, Outcome) else "refused" for result in results)


def test_one_thing_is_accepted_once_by_many_at_once() -> None:
    """C8."""
    assert race(10) == {"ok": 1, "refused": 9}
    assert Entry.objects.filter(state=EntryState.MATCHED).count() == 2
    assert Claim.objects.count() == 2


def test_control_without_locks_and_claims_one_thing_is_given_away_more_than_once(monkeypatch) -> None:
    monkeypatch.setattr(writing, "claim", lambda run_id, key, entry_id: True)
    with without_row_locks(monkeypatch):
        assert max(race(10)["ok"] for _ in range(3)) > 1


def test_two_offers_for_one_listing_are_accepted_once() -> None:
    """C8: the owner's two clicks on two offers."""
    run, owner, first, second = shelf(), rich(), rich(), rich()
    lamp = put(run, owner)
    parts = [offer(lamp, member, points=10) for member in (first, second)]
    results = together([partial(play, lamp, "accept", owner, part=part) for part in parts])
    assert sorted(type(result).__name__ for result in results) == ["Outcome", "Refused"]
    check_sums(lamp)
    assert sorted((balance(first), balance(second))) == [90, 100]


def test_exchanges_in_opposite_directions_never_deadlock() -> None:
    """Each offers the own thing for the other's, both accept at once: one deal, no deadlock."""
    for _round in range(8):
        run, one, other = shelf(), rich(), rich()
        lamp, book = put(run, one), put(run, other)
        for_lamp, for_book = offer(lamp, other, item=book.code), offer(book, one, item=lamp.code)
        results = together(
            [
                partial(play, lamp, "accept", one, part=for_lamp),
                partial(play, book, "accept", other, part=for_book),
            ]
        )
        assert sorted(type(result).__name__ for result in results) == ["Outcome", "Refused"], results
        for entry in (lamp, book):
            check_sums(entry)
            assert entry.state == EntryState.MATCHED
