"""What went on in the runs that are over, what was spent on advertising, and who left."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from community_ops.demo.past.log import Log, Person
from community_ops.demo.past.runs import PastRun

#: channel → yuan a week.
_SPEND = {"poster": 160, "公众号": 420, "包裹卡": 90}


def play(log: Log, people: Sequence[Person], runs: Sequence[PastRun], dice: Random) -> None:
    """Entries, help, orders and rewards of every run."""
    for run in runs:
        _play(log, people, run, dice)


def _play(log: Log, people: Sequence[Person], run: PastRun, dice: Random) -> None:
    about: dict[str, Any] = {"campaign": run.campaign_id, "run": run.id, "mechanic": run.mechanic}
    where: dict[str, Any] = {"campaign": run.campaign_id, "run": run.id}
    log.add("campaign.run_opened", run.opens_at, team_id=run.team_id, subject=f"run:{run.id}", **where)
    present = [p for p in people if p.joined_at < run.opens_at and p.team_id == run.team_id]
    by_id = {person.id: person for person in present}
    brought: dict[int, list[Person]] = {}
    for person in people:
        if run.covers(person.joined_at) and person.inviter_id in by_id:
            brought.setdefault(person.inviter_id, []).append(person)
    owners = {person.id: person for person in dice.sample(present, int(len(present) * run.draw))}
    owners |= {owner: by_id[owner] for owner in brought}
    won = 0
    for number, owner in enumerate(owners.values()):
        at = _within(run, dice)
        entry = {**about, "owner": owner.id, "entry": run.id * 100_000 + number}
        log.add("campaign.entered", at, person=owner, **entry)
        helped = _helped(log, run, owner, present, brought, at, entry, dice)
        won += _end(log, run, owner, at, helped, entry, dice)
    log.add("campaign.run_settled", run.closes_at, team_id=run.team_id, subject=f"run:{run.id}",
            value=run.series.cost * won, entries=len(owners), won=won, grants=won, unfunded=0, held=0,
            **about)  # fmt: skip


def _helped(
    log: Log, run: PastRun, owner: Person, present: Sequence[Person], brought: dict[int, list[Person]],
    at: datetime, entry: dict[str, Any], dice: Random,
) -> int:  # fmt: skip
    """Friends of the owner, new ones first; returns how many."""
    friends = brought.get(owner.id, [])
    for friend in friends:
        log.add("campaign.contributed", friend.joined_at + timedelta(minutes=3), person=friend, value=1,
                kind="help", is_new=True, **entry)  # fmt: skip
    known = dice.choices((0, 1, 2, 3), (3, 3, 3, 2))[0]
    for friend in dice.sample(present, min(known, len(present))):
        if friend.id != owner.id:
            log.add("campaign.contributed", at + timedelta(hours=dice.uniform(0.2, 20)), person=friend, value=1,
                    kind="help", is_new=False, **entry)  # fmt: skip
    return len(friends) + known


def _end(
    log: Log, run: PastRun, owner: Person, at: datetime, helped: int, entry: dict[str, Any], dice: Random
) -> bool:
    """How the entry ended; returns whether it was won."""
    end = min(at + timedelta(hours=dice.uniform(3, 24)), run.closes_at)
    if helped < run.series.helpers:
        log.add("campaign.failed", run.closes_at, person=owner, **entry)
        return False
    log.add("campaign.succeeded", end, person=owner, **entry)
    about: dict[str, Any] = {"campaign": run.campaign_id, "run": run.id}
    kind, benefit = run.reward
    log.add("benefit.granted", end, person=owner, value=run.series.cost, kind=kind, slot="stage_3", quantity=1,
            face_value=str(run.series.cost * 2), benefit=benefit, **about)  # fmt: skip
    if kind == "coupon" and dice.random() < 0.55:
        used = end + timedelta(days=dice.uniform(0.3, 9))
        log.add(
            "coupon.redeemed", used, person=owner, value=15, benefit=benefit, order_amount="60.00", **about
        )
    if run.series.price is not None:
        log.add("order.created", at, person=owner, value=run.series.price, **about)
        log.add("order.paid", at + timedelta(minutes=3), person=owner, value=run.series.price, **about)
        cost = (run.series.price * Decimal("0.7")).quantize(Decimal("0.01"))
        log.add("order.cost", at + timedelta(minutes=3), person=owner, value=cost, **about)
    return True


def _within(run: PastRun, dice: Random) -> datetime:
    """Most come on the first day."""
    span = (run.closes_at - run.opens_at) / timedelta(hours=1)
    return run.opens_at + timedelta(hours=min(dice.expovariate(1 / 10), span - 1))


def spend(log: Log, *, team_id: int | None, weeks: int, dice: Random) -> None:
    """Every Monday's bills for advertising."""
    for week in range(weeks, 0, -1):
        for channel, yuan in _SPEND.items():
            value = Decimal(int(yuan * dice.uniform(0.8, 1.25)))
            log.add("spend.recorded", log.now - timedelta(weeks=week, hours=5), team_id=team_id, value=value,
                    channel=channel)  # fmt: skip
