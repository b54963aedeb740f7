"""A1: rollups are incremental and re-derivable."""

import random
from datetime import timedelta

import pytest

from apps.analytics.services.rolling import rebuild, roll
from apps.core.clock import database_now
from tests.analytics.facts import at, fact, record_facts, rollup_rows


def world(rng: random.Random, facts: int = 400):
    kinds = [
        "group.joined",
        "group.left",
        "order.paid",
        "order.refunded",
        "campaign.contributed",
        "page.viewed",
    ]
    for number in range(facts):
        kind = rng.choice(kinds)
        yield fact(
            kind,
            at("2026-03-01 00:00") + timedelta(minutes=rng.randrange(20 * 24 * 60)),
            key=f"w:{number}",
            team_id=rng.choice([1, 2, None]),
            group_id=rng.choice([1, 2, 3]) if kind.startswith(("group", "order")) else None,
            member_id=rng.randrange(1, 30),
            value=rng.randrange(1, 10_000) / 100 if kind.startswith("order") else None,
            data={"run": 5, "kind": "help", "is_new": rng.random() < 0.5, "owner": 3}
            if kind.startswith("campaign")
            else {},
        )


#: Near the facts, so that their hours are kept.
AFTER = at("2026-03-22 00:00")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_and_any_steps_give_the_rows_of_a_rebuild(seed):
    rng = random.Random(seed)
    rebuild(now=AFTER)
    facts = list(world(rng))
    rng.shuffle(facts)
    while facts:
        size = rng.randrange(1, 120)
        record_facts(*facts[:size], *facts[: size // 3])  # some come twice
        facts = facts[size:]
        roll(now=AFTER)
    stepwise = rollup_rows()
    rebuild(now=AFTER)
    assert rollup_rows() == stepwise
    assert all(stepwise.values())


@pytest.mark.django_db(transaction=True)
def test_a_tick_without_new_facts_changes_nothing():
    rebuild(now=database_now())
    record_facts(fact("order.paid", "2026-03-01 10:00", member_id=1, value=10))
    assert roll(now=database_now()) == 2  # the fact and its mark of activity
    rows = rollup_rows()
    assert roll(now=database_now()) == 0
    assert rollup_rows() == rows
