"""What a page asks of the database, whatever the number of contributors."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.campaigns.enums import PartState
from apps.campaigns.models import Contribution, Entry, Run
from apps.members.models import Member
from tests.campaigns.factories import make_benefit, make_member, make_members, make_run
from tests.campaigns.play import start
from tests.h5.people import logged_in

pytestmark = pytest.mark.django_db
HERE = {"headers": {"sec-fetch-site": "same-origin"}}


def crowd(entry: Entry, members: list[Member], kind: str, state: PartState = PartState.COUNTED) -> None:
    """``members`` contributed: rows as the engine writes them."""
    Contribution.objects.bulk_create(
        Contribution(
            run_id=entry.run_id,
            entry=entry,
            member=member,
            kind=kind,
            key=str(member.pk),
            state=state,
            at=timezone.now(),
            value=1,
        )
        for member in members
    )
    Entry.objects.filter(pk=entry.pk).update(count=len(members), capacity=None)


def entry_of(mechanic: str, rules: dict[str, Any], **params: Any) -> tuple[Run, Entry, Member]:
    slots = {"stage_400": "", "helper": "", "friend": "", "inviter": "", "gift": "", "rank_1_1": ""}
    run = make_run(mechanic, rules, slots=dict.fromkeys(slots, make_benefit()), stock=1000)
    owner = make_member()
    return run, start(run, owner, **params), owner


CASES: list[tuple[str, dict[str, Any], dict[str, Any], str, int, int]] = [
    # mechanic, rules, parameters, kind of contribution, queries at 1 and 3, queries at 300
    ("assist", {"stages": [400]}, {}, "help", 5, 6),
    ("group_buy", {"size": 500, "price": "0.00"}, {}, "seat", 5, 6),
    ("bargain", {"start": "900.00", "floor": "1.00", "helpers": 400}, {}, "cut", 5, 6),
    ("coupon", {"invites": 400}, {}, "accept", 5, 6),
    ("swap", {"photos_least": 0, "needs_moderation": False}, {"title": "书"}, "offer", 5, 6),
    ("gift", {"price": "0.00", "own_count": 0}, {}, "claim", 5, 6),
    ("contest", {"metric": "check_in", "ranks": [[1, 1]]}, {}, "seat", 7, 8),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("number", [1, 3, 300])
def test_an_entry_page_costs_the_same_for_one_three_and_three_hundred(
    case: tuple[str, dict[str, Any], dict[str, Any], str, int, int],
    number: int,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    mechanic, rules, params, kind, few, many = case
    _run, entry, owner = entry_of(mechanic, rules, **params)
    Contribution.objects.filter(entry=entry).delete()
    members = make_members(number)
    crowd(entry, members, kind)
    for viewer in (owner, members[-1]):
        client = logged_in(viewer)
        cache.clear()
        client.get(f"/m/e/{entry.code}/", **HERE)  # the plan, and the board's posts, are read once a process
        with django_assert_num_queries(few if number < 200 else many):
            response = client.get(f"/m/e/{entry.code}/", **HERE)
        assert response.status_code == 200


def test_the_page_of_somebody_who_has_just_acted_costs_one_more(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    _run, entry, _owner = entry_of("contest", {"metric": "check_in", "ranks": [[1, 1]]})
    client = logged_in(entry.owner)
    client.get(f"/m/e/{entry.code}/", **HERE)
    with django_assert_num_queries(8):
        client.get(f"/m/e/{entry.code}/?did=check_in&k=0123456789abcdef", **HERE)


@pytest.mark.parametrize("number", [1, 3, 30])
def test_play_page_board_and_shelf_cost_the_same_however_much_there_is(
    number: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    swap = make_run("swap", {"photos_least": 0, "needs_moderation": False})
    contest = make_run(
        "contest", {"metric": "check_in", "ranks": [[1, 1]]}, slots={"rank_1_1": make_benefit()}
    )
    members = make_members(number)
    for member in members:
        start(swap, member, title="书")
        start(contest, member)
    client = logged_in(members[0])
    for address, queries in (
        (f"/m/r/{swap.pk}/play/", 5),
        (f"/m/r/{swap.pk}/shelf/", 3),
        (f"/m/r/{contest.pk}/play/", 4),
    ):
        client.get(address, **HERE)
        with django_assert_num_queries(queries):
            client.get(address, **HERE)
    client.get(f"/m/r/{contest.pk}/board/", **HERE)
    # The first asks once for whoever is ahead of it; others twice where they share a score with nobody ahead.
    with django_assert_num_queries(8):
        client.get(f"/m/r/{contest.pk}/board/", **HERE)


def test_a_stranger_costs_least(django_assert_num_queries: Callable[..., Any]) -> None:
    _run, entry, _owner = entry_of("assist", {"stages": [400]})
    crowd(entry, make_members(3), "help")
    client = Client()
    client.get(f"/m/e/{entry.code}/", **HERE)
    with django_assert_num_queries(3):
        client.get(f"/m/e/{entry.code}/", **HERE)
