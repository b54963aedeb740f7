"""Where the demo's members act: everything goes through the engine, with a device and an address of their own."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from apps.accounts.api.origin import digest
from apps.accounts.models import User
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Contribution, Entry, Run
from apps.campaigns.services.engine import Origin, Outcome, act, act_as_staff, open_entry
from apps.h5.services.playing import act_as_member, open_as_member
from apps.members.models import Member
from apps.orders.models import Order
from apps.orders.services.payments import mark_paid
from community_ops.demo.campaigns.agenda import Agenda, Step, moments
from community_ops.demo.members import NEWCOMERS_WITHIN
from community_ops.demo.pages.visits import Audience

#: Nobody helps in the very minute they joined.
_LOOK_ROUND = timedelta(minutes=3)


@dataclass(frozen=True)
class Staff:
    """``operator`` runs the campaigns, ``service`` stands at the till."""

    operator: User
    service: User


class Stage:
    """The people, the clock and the dice. ``refused`` counts the engine's refusals by code: members try things."""

    def __init__(self, *, staff: Staff, now: datetime) -> None:
        self.staff = staff
        self.now = now
        self.agenda = Agenda()
        self.audience = Audience(staff.operator)
        self.dice = Random(20260318)  # noqa: S311 - sample data, not secrets
        self.refused: Counter[str] = Counter()
        seen = Member.objects.visible_to(staff.operator).exclude(phone=None).order_by("phone")
        since = now - NEWCOMERS_WITHIN
        self.regulars = list(seen.filter(joined_at__lt=since))
        self.newcomers = list(seen.filter(joined_at__gte=since).order_by("joined_at"))
        self._keys = count(1)
        self._receipts = count(1)
        self._busy: Counter[int] = Counter()

    # --- planning ----------------------------------------------------------------------------------

    def at(self, moment: datetime, step: Step) -> None:
        self.agenda.at(moment, step)

    def moments(self, number: int, since: datetime, until: datetime) -> list[datetime]:
        return moments(self.dice, number, since, until)

    def ago(self, **span: float) -> datetime:
        return self.now - timedelta(**span)

    def newcomer(self, at: datetime, but: Collection[int] = ()) -> Member | None:
        """Somebody who had joined by then, of those the one who has done the least so far."""
        here = [
            one
            for one in self.newcomers
            if one.joined_at and one.joined_at <= at - _LOOK_ROUND and one.pk not in but
        ]
        return self._least_busy(here)

    def regular(self, but: Collection[int] = ()) -> Member:
        found = self._least_busy([one for one in self.regulars if one.pk not in but])
        assert found is not None
        return found

    def _least_busy(self, members: list[Member]) -> Member | None:
        if not members:
            return None
        least = min(self._busy[one.pk] for one in members)
        chosen = self.dice.choice([one for one in members if self._busy[one.pk] == least])
        self._busy[chosen.pk] += 1
        return chosen

    # --- acting ------------------------------------------------------------------------------------

    def open(self, run: Run, member: Member, at: datetime, **params: Any) -> str:
        """The code of the entry that the member opened; "" if the engine refused."""
        origin = origin_of(member)
        browser = self.audience.comes(run, member, origin, at)
        here: dict[str, Any] = {
            "run_id": run.pk,
            "member_id": member.pk,
            "params": params,
            "key": self._key(),
            "now": at,
        }
        try:
            if browser:
                outcome = open_as_member(**here, origin=origin, visitor_token=browser)
            else:
                outcome = open_entry(**here, origin=origin)
        except Refused as refusal:
            self.refused[refusal.code] += 1
            return ""
        return outcome.code

    def act(
        self, code: str, verb: str, member: Member, at: datetime, *, device: str = "", **params: Any
    ) -> Outcome | None:
        """The verb's outcome; ``None`` if the engine refused. ``device``: not the member's own."""
        origin = origin_of(member, device)
        entry = Entry.objects.select_related("run__campaign").filter(code=code).first()
        if entry is None:
            return None
        browser = self.audience.follows(entry, member, origin, at)
        here: dict[str, Any] = {
            "code": code,
            "verb": verb,
            "member_id": member.pk,
            "params": params,
            "key": self._key(),
            "now": at,
        }
        try:
            if browser:
                return act_as_member(**here, origin=origin, visitor_token=browser)
            return act(**here, origin=origin)
        except Refused as refusal:
            self.refused[refusal.code] += 1
            return None

    def staff_act(self, code: str, verb: str, at: datetime, **params: Any) -> Outcome:
        entry_id = Entry.objects.values_list("pk", flat=True).get(code=code)
        return act_as_staff(entry_id=entry_id, verb=verb, params=params, actor=self.staff.operator, now=at)

    def pay(self, code: str, member: Member, at: datetime) -> None:
        """The operator has seen the member's money for what was ordered on the entry."""
        order = Order.objects.filter(
            contribution__entry__code=code, member=member, state="awaiting", pay_before__gt=at
        ).first()
        if order is not None:
            number = f"SY{at:%Y%m%d}{next(self._receipts):04}"
            mark_paid(order=order, actor=self.staff.operator, reference=number, now=at)

    def part(self, code: str, member: Member) -> int:
        """The member's newest contribution to the entry."""
        parts = Contribution.objects.filter(entry__code=code, member=member)
        return parts.order_by("-pk").values_list("pk", flat=True)[0]

    def _key(self) -> str:
        return f"demo-{next(self._keys)}"


def origin_of(member: Member, device: str = "") -> Origin:
    """Digests of a made-up phone, and of the network it is in: two or three members share one."""
    return Origin(
        ip_hash=digest("ip", f"demo-{device or member.pk // 3}"),
        device_hash=digest("device", f"demo-{device or member.pk}"),
    )
