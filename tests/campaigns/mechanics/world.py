"""A little world in memory that carries effects out as the engine promises to, for testing mechanics without a
database. One entry and its siblings; members are small integers; payments are pressed by hand."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from apps.campaigns.enums import LIVE_ENTRY_STATES, EntryState, PartState
from apps.campaigns.mechanics.base import (
    Action,
    Actor,
    AddPart,
    CancelOrder,
    ChangeEntry,
    ChangePart,
    Claim,
    Decision,
    Give,
    Mechanic,
    MovePoints,
    OpenAnother,
    Part,
    Quota,
    Refund,
    Refused,
    Rules,
    RunFacts,
    State,
    Stock,
    TakeBack,
    Turn,
    Unclaim,
    Verb,
    Who,
)
from apps.campaigns.mechanics.base.mechanic import SYSTEM_VERBS

START = datetime(2026, 3, 6, 12, tzinfo=UTC)


@dataclass
class World:
    """``act`` plays a verb and returns the decision; a refusal leaves the world as it was."""

    mechanic: Mechanic[Any]
    rules: Rules
    hours: int = 24 * 7
    stock: int | None = None
    seed: int = 7
    now: datetime = START
    new_members: frozenset[int] = frozenset(range(1, 10_000))
    is_strict: bool = False  # refuse what the engine refuses by itself: who, state of the entry, window

    entries: dict[int, State] = field(default_factory=dict)
    limits: dict[int, tuple[int | None, Decimal | None]] = field(default_factory=dict)
    parts: dict[int, tuple[int, Part]] = field(default_factory=dict)  # id → (entry id, part), void ones too
    reserved: int = 0
    sold: int = 0
    quotas: Counter[tuple[int, str]] = field(default_factory=Counter)
    claims: set[str] = field(default_factory=set)
    gives: dict[tuple[int, str], Give] = field(default_factory=dict)  # (entry, key) → live grant
    refunds: dict[str, tuple[int, Decimal]] = field(default_factory=dict)  # key → (part, amount)
    benefits: dict[str, int] = field(default_factory=dict)  # slot → benefits left; unlimited if not named
    points: Counter[int] = field(default_factory=Counter)
    points_keys: set[str] = field(default_factory=set)
    cancelled_orders: set[int] = field(default_factory=set)  # part ids

    def __post_init__(self) -> None:
        self.run = RunFacts(id=1, opens_at=START, closes_at=START + timedelta(hours=self.hours))

    # --- playing -----------------------------------------------------------------------------------

    def open(self, member: int, **params: Any) -> int:
        """Open an entry; returns its id."""
        before = set(self.entries)
        self.act(self.mechanic.opening.key, member=member, entry=None, **params)
        return min(set(self.entries) - before)

    def act(
        self,
        verb: str,
        *,
        member: int | None = None,
        entry: int | None = 1,
        part: int | None = None,
        is_closing: bool = False,
        is_staff: bool = False,
        **params: Any,
    ) -> Decision:
        """Play ``verb``; raises ``Refused`` for what the mechanic or the world refuses."""
        if self.is_strict and verb not in SYSTEM_VERBS:
            self._check_offered(self.mechanic.verb(verb), member, entry, is_staff=is_staff)
        turn = self.turn(
            verb,
            member=member,
            entry=entry,
            part=part,
            is_closing=is_closing,
            is_staff=is_staff,
            params=params,
        )
        decision = self.mechanic.decide(turn)
        again = self.mechanic.decide(
            self.turn(
                verb,
                member=member,
                entry=entry,
                part=part,
                is_closing=is_closing,
                is_staff=is_staff,
                params=params,
            )
        )
        assert decision == again, "C12: the same turn gave two decisions"
        saved = self._save()
        try:
            self._apply(decision, turn, entry)
        except Refused:
            self._restore(saved)
            raise
        return decision

    def pay(self, part: int) -> Decision:
        """The part's order is paid."""
        entry, old = self.parts[part]
        assert old.order_id is not None
        self.parts[part] = entry, replace(old, is_paid=True, order_kept=old.order_amount)
        return self.act("paid", entry=entry, part=part)

    def lapse(self, part: int) -> Decision:
        """The part's order was not paid in time."""
        entry, _part = self.parts[part]
        self.cancelled_orders.add(part)
        return self.act("lapsed", entry=entry, part=part)

    def expire(self, entry: int = 1, *, is_closing: bool = False) -> Decision:
        return self.act("expire", entry=entry, is_closing=is_closing)

    def turn(
        self,
        verb: str,
        *,
        member: int | None = None,
        entry: int | None = 1,
        part: int | None = None,
        is_closing: bool = False,
        is_staff: bool = False,
        params: Mapping[str, Any] | None = None,
    ) -> Turn[Any]:
        state = self.state(entry, member) if entry is not None else None
        if state is not None:
            found = self.parts[part][1] if part is not None else None
            if found is None and params and "part" in params:
                found = self.parts.get(params["part"], (0, None))[1]
            codes = self.mechanic.also_locks(verb, found, params or {})
            codes = [*codes, *self.mechanic.linked(state.data)]
            others = {
                s.code: self.state(s.id, member)
                for s in self.entries.values()
                if s.code in codes and s.code != state.code and s.state in LIVE_ENTRY_STATES
            }
            if verb != "look" and verb not in SYSTEM_VERBS and not self.mechanic.verb(verb).needs_parts:
                state = replace(state, parts=())
                others = {code: replace(other, parts=()) for code, other in others.items()}
            state = replace(state, others=others)
        else:
            found = None
            codes = self.mechanic.also_locks(verb, None, params or {})
        count = (state.count, state.pending_count) if state else (0, 0)
        return Turn(
            rules=self.rules,
            state=state,
            action=Action(
                verb,
                Actor(member, is_new=member in self.new_members, is_staff=is_staff),
                params or {},
                found,
            ),
            run=replace(self.run, is_closing=is_closing),
            now=self.now,
            rng=Random(f"{self.seed}:{count[0]}:{count[1]}"),
        )

    def state(self, entry: int, member: int | None = None) -> State:
        """The entry with counts, score and live parts made from its parts."""
        live = tuple(p for e, p in self.parts.values() if e == entry and p.state != PartState.VOID)
        return replace(
            self.entries[entry],
            count=sum(p.is_seat and p.state == PartState.COUNTED for p in live),
            pending_count=sum(p.is_seat and p.state == PartState.PENDING for p in live),
            score=sum((p.value for p in live if p.state == PartState.COUNTED), Decimal(0)),
            parts=live,
            mine=tuple(p for p in live if p.member_id == member),
        )

    def live_parts(self, entry: int = 1) -> tuple[Part, ...]:
        return self.state(entry).parts

    def given(self, member: int) -> list[str]:
        """Slots that the member holds."""
        return sorted(give.slot for give in self.gives.values() if give.member_id == member)

    def _check_offered(self, verb: Verb, member: int | None, entry: int | None, *, is_staff: bool) -> None:
        if self.now >= self.run.closes_at and not verb.after_close:
            raise Refused("the window is over", code="closed")
        if (verb.who == Who.STAFF) != is_staff:
            raise Refused("not for you", code="not_allowed")
        if verb.opens or entry is None:
            return
        state = self.entries[entry]
        if state.state not in (verb.in_states or (EntryState.OPEN,)):
            raise Refused("not now", code="wrong_state")
        if verb.who in (Who.OWNER, Who.OTHERS) and (verb.who == Who.OWNER) != (member == state.owner_id):
            raise Refused("not for you", code="not_allowed")

    # --- carrying out ------------------------------------------------------------------------------

    def _apply(self, decision: Decision, turn: Turn[Any], entry: int | None) -> None:
        actor = turn.action.actor.member_id
        if entry is None:
            assert actor is not None
            entry = self._add_entry(actor, EntryState.OPEN, {}, None)
        for effect in decision.effects:
            match effect:
                case Quota():
                    used = self.quotas[effect.member_id, effect.scope] + effect.amount
                    if used > effect.most:
                        raise Refused(str(effect.message), code=effect.code)
                    assert used >= 0, f"quota {effect.scope} given back more often than used"
                    self.quotas[effect.member_id, effect.scope] = used
                case Claim():
                    if effect.key in self.claims:
                        raise Refused(str(effect.message) or "taken", code="taken")
                    self.claims.add(effect.key)
                case Unclaim():
                    self.claims.discard(effect.key)
                case ChangeEntry():
                    self._change_entry(entry, effect)
                case OpenAnother():
                    other = self._add_entry(
                        self.entries[entry].owner_id, effect.state, effect.data, effect.expires_at
                    )
                    self.limits[other] = effect.capacity, effect.ceiling
                case AddPart():
                    self._add_part(entry, effect)
                case ChangePart():
                    assert effect.part_id in _loaded(turn), (
                        f"{turn.action.verb} changes a part that is not loaded"
                    )
                    self._change_part(effect)
                case Stock():
                    self.reserved += effect.reserved
                    self.sold += effect.sold
                    assert self.reserved >= 0
                    assert self.sold >= 0
                    if self.stock is not None and self.reserved + self.sold > self.stock:
                        raise Refused("sold out", code="sold_out")
                case Give():
                    self._give(entry, effect)
                case TakeBack():
                    back = self.gives.pop((entry, effect.key), None)
                    if back is not None and back.slot in self.benefits:
                        self.benefits[back.slot] += 1
                case Refund():
                    self._refund(effect)
                case CancelOrder():
                    assert not self.parts[effect.part_id][1].is_paid, (
                        "a paid order is refunded, not cancelled"
                    )
                    self.cancelled_orders.add(effect.part_id)
                case MovePoints():
                    if effect.key not in self.points_keys:
                        self.points_keys.add(effect.key)
                        self.points[effect.member_id] += effect.delta
                        if self.points[effect.member_id] < 0:
                            raise Refused("no points", code="no_points")
        self._check_limits()

    def _add_entry(
        self, owner: int, state: EntryState, data: Mapping[str, Any], expires: datetime | None
    ) -> int:
        number = len(self.entries) + 1
        self.entries[number] = State(
            id=number,
            code=f"E{number}",
            owner_id=owner,
            state=state,
            count=0,
            pending_count=0,
            score=Decimal(0),
            seed=self.seed,
            opened_at=self.now,
            expires_at=expires,
            data=data,
        )
        self.limits[number] = None, None
        return number

    def _change_entry(self, entry: int, effect: ChangeEntry) -> None:
        if effect.entry:
            entry = next(number for number, s in self.entries.items() if s.code == effect.entry)
        old = self.entries[entry]
        self.entries[entry] = replace(
            old,
            state=effect.state or old.state,
            data=old.data if effect.data is None else effect.data,
            expires_at=None if effect.never_expires else effect.expires_at or old.expires_at,
            owner_id=effect.owner_id or old.owner_id,
        )
        capacity, ceiling = self.limits[entry]
        self.limits[entry] = effect.capacity or capacity, effect.ceiling or ceiling

    def _add_part(self, entry: int, effect: AddPart) -> None:
        key = effect.key or f"m{effect.member_id}"
        if any(p.key == key for p in self.live_parts(entry)):
            raise Refused("already", code="already")
        number = len(self.parts) + 1
        order = effect.order
        self.parts[number] = (
            entry,
            Part(
                id=number,
                member_id=effect.member_id,
                kind=effect.kind,
                key=key,
                state=effect.state,
                value=effect.value,
                at=self.now,
                data=effect.data,
                order_id=number if order else None,
                order_amount=order.amount if order else Decimal(0),
                is_seat=effect.is_seat,
            ),
        )

    def _change_part(self, effect: ChangePart) -> None:
        entry, old = self.parts[effect.part_id]
        self.parts[effect.part_id] = (
            entry,
            replace(
                old,
                state=effect.state or old.state,
                value=old.value if effect.value is None else effect.value,
                data=old.data if effect.data is None else effect.data,
            ),
        )

    def _give(self, entry: int, effect: Give) -> None:
        if (entry, effect.key) in self.gives:
            return
        if effect.slot in self.benefits:
            if self.benefits[effect.slot] < 1:
                if effect.may_wait:
                    return
                raise Refused("sold out", code="sold_out")
            self.benefits[effect.slot] -= 1
        self.gives[entry, effect.key] = effect

    def _refund(self, effect: Refund) -> None:
        if effect.key in self.refunds:
            return
        entry, part = self.parts[effect.part_id]
        amount = part.order_kept if effect.amount is None else effect.amount
        assert part.is_paid
        assert 0 < amount <= part.order_kept, "a refund may not pass what the member's own order still holds"
        self.refunds[effect.key] = effect.part_id, amount
        self.parts[effect.part_id] = entry, replace(part, order_kept=part.order_kept - amount)

    def _check_limits(self) -> None:
        for number, (capacity, ceiling) in self.limits.items():
            state = self.state(number)
            assert capacity is None or state.count + state.pending_count <= capacity, "over capacity"
            assert ceiling is None or state.score <= ceiling, "over the ceiling"

    def _save(self) -> dict[str, Any]:
        return {
            key: value.copy() if hasattr(value, "copy") else value for key, value in self.__dict__.items()
        }

    def _restore(self, saved: dict[str, Any]) -> None:
        self.__dict__.update(saved)


def _loaded(turn: Turn[Any]) -> set[int]:
    """Parts that the engine has loaded for this turn: it can change no other."""
    states = [turn.state, *turn.state.others.values()] if turn.state else []
    own = {turn.action.part.id} if turn.action.part else set()
    return own | {part.id for state in states for part in (*state.mine, *state.parts)}
