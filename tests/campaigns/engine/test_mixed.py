"""Ten thousand mixed actions in opposite orders: no deadlock, and every promise holds afterwards."""

from functools import partial
from random import Random

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Contribution, Entry, Run
from apps.campaigns.services.engine import act, act_as_system, open_entry
from apps.core.errors import DomainError
from apps.core.invariants import count_violations
from apps.members.models import Member
from apps.members.services.points import move_points
from apps.orders.models import Order
from apps.orders.services.orders import lapse_due_orders
from apps.orders.services.payments import record_payment
from tests.campaigns.factories import make_benefit, make_members, make_run
from tests.campaigns.together import together

pytestmark = pytest.mark.django_db(transaction=True)

ACTIONS = 10_000
MEMBERS = 60


class Crowd:
    """Everybody does something at random with everybody else's entries; each step is one small action."""

    def __init__(self, runs: list[Run], members: list[Member]) -> None:
        self.runs, self.members = runs, members

    def step(self, number: int) -> str:
        chance = Random(number)
        try:
            return chance.choice(
                [self.opens, self.plays, self.plays, self.plays, self.pays, self.voids, self.expires]
            )(number, chance)
        except DomainError as error:
            return error.code

    def opens(self, number: int, chance: Random) -> str:
        run, member = chance.choice(self.runs), chance.choice(self.members)
        params = {"title": "旧书", "description": "九成新", "wishes": "咖啡", "name": f"{number} 队"}
        open_entry(run_id=run.pk, member_id=member.pk, params=params, key=f"k{number}", now=timezone.now())
        return "opened"

    def plays(self, number: int, chance: Random) -> str:
        entry = self._entry(chance)
        verbs = [
            verb for verb in _mechanic(entry).verbs if not verb.opens and verb.who not in ("staff", "system")
        ]
        verb, member = chance.choice(verbs), chance.choice([*self.members, entry.owner])
        other = self._entry(chance)
        part = Contribution.objects.filter(entry=entry).exclude(state="void").order_by("?").first()
        params = {
            "part": part.pk if part else 0,
            "entry": other.code,
            "item": other.code,
            "points": chance.randint(0, 5),
        }
        params |= {"note": "好", "reason": "不合适", "accept": chance.random() < 0.7, "blessing": "祝好"}
        act(
            code=entry.code,
            verb=verb.key,
            member_id=member.pk,
            params=params,
            key=f"k{number}",
            now=timezone.now(),
        )
        return verb.key

    def pays(self, number: int, chance: Random) -> str:
        order = Order.objects.filter(state="awaiting").order_by("?").first()
        if order is None:
            return "nothing to pay"
        record_payment(
            provider=order.provider,
            transaction_no=f"t{number}",
            number=order.number,
            amount=order.amount,
            paid_at=timezone.now(),
            now=timezone.now(),
            data={},
        )
        return "paid"

    def voids(self, number: int, chance: Random) -> str:
        part = Contribution.objects.filter(state="counted").order_by("?").first()
        if part is None or chance.random() < 0.7:
            lapse_due_orders(now=timezone.now(), limit=3)
            return "lapsed"
        act_as_system(
            entry_id=part.entry_id, verb="voided", part_id=part.pk, now=timezone.now(), reason="risk"
        )
        return "voided"

    def expires(self, number: int, chance: Random) -> str:
        entry = self._entry(chance)
        act_as_system(entry_id=entry.pk, verb="expire", now=timezone.now(), is_closing=chance.random() < 0.05)
        return "expired"

    def _entry(self, chance: Random) -> Entry:
        run = chance.choice(self.runs)
        entries = Entry.objects.filter(run=run).select_related("owner")
        entry = entries.live().order_by("?").first() or entries.first()
        if entry is None:
            raise DomainError("nothing yet", code="nothing yet")
        return entry


def _mechanic(entry: Entry):
    from apps.campaigns.mechanics.registry import get_mechanic

    return get_mechanic(entry.run.mechanic)


@pytest.mark.timeout(600)
def test_ten_thousand_mixed_actions_neither_deadlock_nor_break_a_promise() -> None:
    gift = make_benefit(BenefitKind.POINTS, amount=3)
    coupon = make_benefit(BenefitKind.COUPON)
    loose = {"entries_per_member": 0}
    runs = [
        make_run("group_buy", {"size": 3, "price": "9.90"}, stock=400, slots={"member": gift}, **loose),
        make_run("assist", {"stages": [2, 4], "is_new_only": False, "helps_per_member": 99},
                 slots={"stage_2": gift, "helper": coupon}, budget=900, **loose),
        make_run("bargain", {"start": "9.00", "floor": "1.00", "helpers": 5}, stock=400, **loose),
        make_run("gift", {"price": "0.00"}, slots={"gift": coupon, "sender": gift}, **loose),
        make_run("coupon", slots={"friend": coupon, "inviter": gift}, **loose),
        make_run("contest", {"metric": "check_in"}, **loose),
        make_run("swap", {"needs_moderation": False, "photos_least": 0}, **loose),
    ]  # fmt: skip
    members = make_members(MEMBERS)
    for member in members:
        move_points(member_id=member.pk, delta=40, key=f"start:{member.pk}", note="", now=timezone.now())
    crowd = Crowd(runs, members)
    results = together([partial(crowd.step, number) for number in range(ACTIONS)], threads=12, patience=560)
    faults = [result for result in results if isinstance(result, Exception)]
    assert not [fault for fault in faults if isinstance(fault, OperationalError)], "a deadlock"
    assert not faults, repr(faults[:3])
    worked = {"opened", "paid", "voided", "join", "help", "cut"}
    assert worked <= set(results), set(results)
    assert [f"{one.promise} {one.name}" for one, number in count_violations() if number] == []
