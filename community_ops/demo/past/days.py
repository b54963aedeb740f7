"""What members did day by day: the rhythm of the week, habits that fade, groups that go quiet, one that takes off."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from community_ops.demo.past.log import Log, Person
from community_ops.demo.past.runs import KnownRun, PastRun, run_at

DAYS = 90
#: Monday to Sunday.
_WEEK = (0.85, 0.82, 0.88, 0.95, 1.15, 1.32, 1.2)
#: When people are on their phones: hours with their weights.
_HOURS = tuple(range(7, 24))
_WEIGHTS = (3, 5, 6, 5, 5, 8, 7, 4, 4, 4, 5, 7, 9, 12, 13, 10, 5)
#: Facts of the last days are the demo's own.
_UNTIL = timedelta(hours=64)
_CHANNELS = ("poster", "门店", "公众号", "包裹卡", "wecom")
_PRICES = tuple(Decimal(text) for text in ("19.90", "29.90", "39.90", "59.00", "68.00", "99.00", "128.00"))


class Habit:
    """How likely a member is to be there on a day, and to buy."""

    def __init__(
        self, person: Person, dice: Random, *, quiet: frozenset[int], copies: frozenset[int]
    ) -> None:
        self.person = person
        self.keenness = dice.betavariate(1.6, 3.2)
        self.is_quiet = person.group_id in quiet
        self.is_copy = person.group_id in copies
        self.bought = 0

    def chance(self, at: datetime, back: int) -> float:
        """Of an act on the day that begins at ``at``, ``back`` days ago."""
        stayed = (at - self.person.joined_at) / timedelta(days=1)
        habit = 0.32 + 0.68 * math.exp(-max(stayed, 0) / 24)
        chance = self.keenness * habit * _WEEK[at.weekday()] * (1.1 - 0.3 * back / DAYS)
        if self.is_quiet and back < 35:
            chance *= max(0.04, (back - 12) / 23)
        if self.is_copy:
            chance *= 0.35 if back > 45 else 1.4
        return min(chance, 0.95)


def live_through(
    log: Log, people: Sequence[Person], runs: Sequence[PastRun], posts: Mapping[int, list[int]],
    *, present: Sequence[KnownRun], coupon: int, quiet: frozenset[int], copies: frozenset[int], till: int | None,
    dice: Random,
) -> None:  # fmt: skip
    """Every member's days. ``posts``: days back → posts of that day; ``present``: runs that are visited once those of
    the past are over; ``coupon``: the benefit that is redeemed at the till, where ``till`` stands."""
    habits = [Habit(person, dice, quiet=quiet, copies=copies) for person in people]
    midnight = log.now.replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(DAYS, 2, -1):
        start = midnight - timedelta(days=back)
        noon = start + timedelta(hours=12)
        run = run_at(runs, noon)
        page = run or run_at(present, noon)
        for habit in habits:
            joined = habit.person.joined_at
            if joined < start + timedelta(hours=20) and dice.random() < habit.chance(start, back):
                at = max(_moment(start, dice), joined + timedelta(minutes=dice.randrange(1, 240)))
                _day(log, habit, at, run, page, posts.get(back, []), coupon, till, dice)
        _strangers(log, people, start, page, dice)


def _moment(start: datetime, dice: Random) -> datetime:
    (hour,) = dice.choices(_HOURS, _WEIGHTS)
    return start + timedelta(hours=hour, seconds=dice.randrange(3600))


def _day(
    log: Log, habit: Habit, at: datetime, run: PastRun | None, page: KnownRun | None, posts: list[int],
    coupon: int, till: int | None, dice: Random,
) -> None:  # fmt: skip
    person = habit.person
    where = _in_run(run)
    acted = False
    if dice.random() < 0.45:
        for _n in range(dice.choice((1, 1, 2, 3, 5))):
            log.add("member.messaged", at + timedelta(minutes=dice.randrange(90)), person=person)
        acted = True
    if dice.random() < 0.38:
        log.add("group.checked_in", at, person=person)
        log.add("points.changed", at, person=person, value=5, reason="adjust")
        acted = True
    post = dice.choice(posts) if posts and dice.random() < 0.5 else None
    if not acted or dice.random() < 0.3:
        log.add("link.clicked", at, person=person, post=post, channel="wecom", **where)
        if page is not None:
            log.add("page.visited", at, person=person, post=post, channel="wecom", **_in_run(page))
        if run is not None:
            log.add(
                "page.viewed", at.replace(minute=0, second=0), person=person, version=0, variant="", **where
            )
    if dice.random() < (0.035 if not habit.bought else 0.075):
        habit.bought += 1
        _buy(log, person, at + timedelta(minutes=8), run, post, dice)
    elif habit.bought and dice.random() < 0.02:
        saved = Decimal(dice.choice((5, 8, 15)))
        log.add("coupon.redeemed", at, person=person, actor_id=till, value=saved, benefit=coupon,
                order_amount=str(saved * 4), **where)  # fmt: skip


def _buy(log: Log, person: Person, at: datetime, run: PastRun | None, post: int | None, dice: Random) -> None:
    amount = dice.choice(_PRICES) * dice.choice((1, 1, 1, 2, 3))
    where: dict[str, Any] = {"post": post, "channel": "wecom"}
    if run is not None and dice.random() < 0.4:
        where |= {"campaign": run.campaign_id, "run": run.id}
    log.add("order.created", at, person=person, value=amount, **where)
    if dice.random() < 0.06:
        log.add("order.lapsed", at + timedelta(minutes=30), person=person, value=amount, **where)
        return
    paid, cost = at + timedelta(minutes=2), (amount * Decimal("0.62")).quantize(Decimal("0.01"))
    log.add("order.paid", paid, person=person, value=amount, **where)
    log.add("order.cost", paid, person=person, value=cost, **where)
    log.add("points.changed", paid, person=person, value=int(amount), reason="adjust")
    if "run" in where:
        log.add("visit.converted", paid, person=person, kind="entry", is_new=False, first={}, **where)
    if dice.random() < 0.04:
        later = paid + timedelta(days=dice.randrange(1, 4))
        log.add("order.refunded", later, person=person, value=amount, **where)
        log.add("order.cost", later, person=person, value=-cost, **where)


def _in_run(run: KnownRun | None) -> dict[str, Any]:
    return {} if run is None else {"campaign": run.campaign_id, "run": run.id}


def _strangers(
    log: Log, people: Sequence[Person], start: datetime, page: KnownRun | None, dice: Random
) -> None:
    """People whom nobody knows look at a page, if there is one; whoever joined on this day came by one of them."""
    where = _in_run(page)
    team = people[0].team_id if people else None
    for _n in range(int(dice.gauss(26, 6) * _WEEK[start.weekday()]) if page else 0):
        channel = dice.choices(_CHANNELS, (5, 3, 6, 2, 4))[0]
        log.add("page.visited", _moment(start, dice), team_id=team, channel=channel, **where)
    for person in people:
        joined = person.joined_at
        if start <= joined < start + timedelta(days=1):
            at = joined - timedelta(minutes=dice.randrange(2, 40))
            channel = "share" if person.inviter_id else dice.choices(_CHANNELS, (5, 3, 6, 2, 4))[0]
            facts: dict[str, Any] = {"channel": channel, "inviter": person.inviter_id, **where}
            log.add("member.registered", joined, person=person, way="phone_code", **facts)
            if page is not None:
                log.add("page.visited", at, person=person, **facts)
                log.add("visit.converted", joined, person=person, kind="login", is_new=True, first={},
                        **facts)  # fmt: skip
