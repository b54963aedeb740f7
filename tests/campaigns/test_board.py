"""The board (C7): exact ranks by fence posts, whatever the ties."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.campaigns.models import Contribution, Entry
from apps.campaigns.selectors import board as module
from apps.campaigns.selectors.board import board
from apps.core.clock import database_now
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.settling.conftest import enter

pytestmark = pytest.mark.django_db

#: Few values, so that most are tied; (score, minute).
SCORES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40)


@pytest.fixture(autouse=True)
def no_posts_yet():
    cache.clear()


def plain(run_id: int) -> list[int]:
    """Entries in order, by the plain window query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM campaigns_entry WHERE run_id = %s AND state <> 'cancelled'"
            " ORDER BY row_number() OVER (ORDER BY score DESC, score_at, id)",
            [run_id],
        )
        return [row[0] for row in cursor.fetchall()]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scores=SCORES, apart=st.integers(2, 7), cancelled=st.sets(st.integers(0, 39)))
def test_every_rank_is_that_of_the_window_query(scores, apart, cancelled) -> None:
    run = make_run("contest", {"metric": "check_in"})
    entries = enter(run, scores)
    gone = [entry.pk for number, entry in enumerate(entries) if number in cancelled]
    Entry.objects.filter(pk__in=gone).update(state="cancelled", ended_at=database_now())
    order = plain(run.pk)
    codes = dict(Entry.objects.filter(run=run).values_list("pk", "code"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "APART", apart)
        for entry in entries:
            found = board(run_id=run.pk, limit=5, member_id=entry.owner_id, now=database_now())
            assert [row.code for row in found.rows] == [codes[pk] for pk in order[:5]]
            assert [row.rank for row in found.rows] == list(range(1, len(order[:5]) + 1))
            assert found.total == len(order)
            if entry.pk in gone:
                assert found.mine is None
                continue
            place = order.index(entry.pk)
            assert found.mine is not None
            assert found.mine.rank == place + 1
            ahead = Entry.objects.get(pk=order[place - 1]).score if place else None
            assert found.gap == (None if ahead is None else ahead - entry.score)
            around = board(
                run_id=run.pk, limit=4, member_id=entry.owner_id, now=database_now(), is_around=True
            )
            first = around.rows[0].rank
            assert [row.code for row in around.rows] == [
                codes[pk] for pk in order[first - 1 :][: len(around.rows)]
            ]
            assert entry.code in [row.code for row in around.rows]


def test_a_rank_follows_one_s_own_score_at_once() -> None:
    """Old posts are still good for counting from: nobody else has moved."""
    run = make_run("contest", {"metric": "check_in"})
    entries = enter(run, [(10 - number, number) for number in range(10)])
    last = entries[-1]
    ask = {"run_id": run.pk, "member_id": last.owner_id, "now": database_now()}
    assert board(**ask).mine.rank == 10
    Entry.objects.filter(pk=last.pk).update(score=Decimal(99), score_at=run.opens_at)
    found = board(**ask)
    assert (found.mine.rank, found.gap) == (1, None)


def test_a_member_of_a_team_sees_the_team_and_names_are_masked() -> None:
    run = make_run("contest", {"metric": "check_in", "form": "team"})
    (entry,) = enter(run, [(5, 1)])
    Entry.objects.filter(pk=entry.pk).update(title="冲冲队", capacity=5, count=2)
    mate = make_member("小红")
    Contribution.objects.create(
        run=run, entry=entry, member=mate, kind="seat", key="m", value=0, at=run.opens_at
    )
    found = board(run_id=run.pk, member_id=mate.pk, now=database_now())
    assert (found.mine.title, found.mine.rank, found.mine.is_mine) == ("冲冲队", 1, True)
    assert found.mine.name == "成**"
    assert board(run_id=run.pk, now=database_now() + timedelta(hours=1)).mine is None


@pytest.mark.parametrize("count", [1, 30])
def test_a_page_is_a_handful_of_queries(count, django_assert_num_queries) -> None:
    run = make_run("contest", {"metric": "check_in"})
    entries = enter(run, [(number, 1) for number in range(count)])
    ask = {"run_id": run.pk, "member_id": entries[0].owner_id, "now": database_now()}
    board(**ask)
    with django_assert_num_queries(6):
        board(**ask)
