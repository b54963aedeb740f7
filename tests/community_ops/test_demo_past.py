"""The demo's made-up months are facts like any other: each fits the schema of its kind."""

import json
from collections import Counter
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from apps.events.schemas.registry import all_schemas
from community_ops.demo.past import campaigns
from community_ops.demo.past.days import DAYS, live_through
from community_ops.demo.past.log import Log, Person
from community_ops.demo.past.runs import ALL, KnownRun, PastRun

NOW = datetime(2026, 3, 20, 15, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="module")
def log():
    """A small world without a database: forty people of two groups, each of whom but the first was invited."""
    people = [
        Person(
            place=place,
            id=place + 1,
            group_id=1 + place % 2,
            team_id=1,
            joined_at=NOW - timedelta(days=DAYS - place * 2, hours=3),
            inviter_id=place or None,
            membership_id=place + 1,
        )
        for place in range(40)
    ]
    runs = [
        PastRun(
            id=number,
            campaign_id=number,
            team_id=1,
            mechanic=mechanic,
            opens_at=NOW - timedelta(days=30 + number),
            closes_at=NOW - timedelta(days=20 + number),
            draw=0.9,
            series=series,
            reward=("coupon", 9),
        )
        for number, (mechanic, series) in enumerate(
            zip(("assist", "coupon", "group_buy"), ALL, strict=True), start=1
        )
    ]
    dice, log = Random(7), Log(now=NOW)
    posts = {back: [back] for back in range(DAYS)}
    present = [
        KnownRun(id=9, campaign_id=9, opens_at=NOW - timedelta(days=9), closes_at=NOW - timedelta(days=5))
    ]
    live_through(
        log,
        people,
        runs,
        posts,
        present=present,
        coupon=9,
        quiet=frozenset({1}),
        copies=frozenset({2}),
        till=5,
        dice=dice,
    )
    campaigns.play(log, people, runs, dice)
    campaigns.spend(log, team_id=1, weeks=4, dice=dice)
    return log


def test_every_made_up_fact_fits_its_schema(log):
    wrong = Counter()
    for _at, kind, _key, _team, _actor, group, member, _subject, value, told in log.rows:
        data = json.loads(told)
        assert data.pop("demo") is True  # says that it is made up, and is no part of any schema
        problem = all_schemas()[kind].problem(
            has_member=member is not None, has_group=group is not None, value=value, data=data
        )
        if problem:
            wrong[kind, problem[0]] += 1
    assert wrong == Counter()


def test_the_small_world_has_facts_of_all_kinds_that_the_demo_makes_up(log):
    kinds = {row[1] for row in log.rows}
    assert len(kinds) >= 20, sorted(kinds)
    assert {"campaign.failed", "coupon.redeemed", "order.refunded", "visit.converted"} <= kinds
