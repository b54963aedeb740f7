"""Any play of any mechanic: what the contract tests draw from. Knows no mechanic by name; keeps the
engine's own gates (who, in which state, before the window closes) so that only the mechanic's part is tried."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from apps.campaigns.enums import LIVE_ENTRY_STATES, EntryState, PartState
from apps.campaigns.mechanics.base import (
    AddPart,
    Mechanic,
    Page,
    Param,
    ParamKind,
    Part,
    Refused,
    Rules,
    State,
    Verb,
    Who,
)
from tests.campaigns.mechanics.drawn_rules import some_rules
from tests.campaigns.mechanics.world import World

MEMBERS = (1, 2, 3, 4, 5)
GUEST = None
MOST_ENTRIES = 4
KINDS = (*["verb"] * 9, "open", "open", "pay", "pay", "lapse", "void", "expire", "wait", "score")

#: What happens next: a kind of step and three numbers from which its details follow.
STEP = st.tuples(st.sampled_from(KINDS), st.integers(0, 11), st.sampled_from(MEMBERS), st.integers(0, 99))
STEPS = st.lists(STEP, min_size=4, max_size=30)


def fresh_world(mechanic: Mechanic[Any], rules: Rules, *, seed: int = 7) -> World:
    w = World(mechanic, rules, hours=48, stock=6 if mechanic.stock_word else None, seed=seed)
    w.new_members = frozenset({2, 3, 4})
    w.points.update(dict.fromkeys(MEMBERS, 500))
    return w


@dataclass(frozen=True)
class Step:
    kind: str
    pick: int
    member: int
    number: int
    verb: str = ""  # one in particular


def explore(mechanic: Mechanic[Any], wanted: set[str], *, plays: int = 900) -> set[str]:
    """The verbs that are asked in plays that lean to what has been tried least, so that they go deep."""
    dice, asked, tried = Random(5), set[str](), Counter[str]()
    for number in range(plays):
        if wanted <= asked:
            break
        w = fresh_world(mechanic, some_rules(mechanic, dice), seed=number)
        for member in (1, 2, 3):
            asked.update(play(w, Step("open", 0, member, 0)))
        for _ in range(60):
            step = Step(dice.choice(KINDS), dice.randrange(12), dice.choice(MEMBERS), dice.randrange(1_000))
            verbs = _verbs_now(w, _entry(w, step))
            if step.kind == "verb" and verbs and dice.random() < 0.8:
                rarest = min(verbs, key=lambda verb: (tried[verb.key], verb.key))
                tried[rarest.key] += 1
                step = replace(step, verb=rarest.key)
            asked.update(play(w, step))
        asked.update(finish(w))
    return asked


def play(w: World, step: Step) -> list[str]:
    """One step; returns the verbs that the mechanic was asked. A step that the engine would not let through does
    nothing. Refusals are taken as answers."""
    asked: list[str] = []
    try:
        _play(w, step, asked)
    except Refused as refusal:
        if not str(refusal) or not refusal.code:
            raise
    return asked


def _play(w: World, step: Step, asked: list[str]) -> None:
    entries = sorted(w.entries)
    entry = _entry(w, step)
    parts = [part for number in entries for part in w.live_parts(number)]
    orders = [p for p in parts if p.order_id and not p.is_paid and p.id not in w.cancelled_orders]
    match step.kind:
        case "verb":
            verbs = _verbs_now(w, entry)
            if verbs:
                verb = verbs[step.number % len(verbs)]
                if step.verb:
                    verb = w.mechanic.verb(step.verb)
                # The number has chosen the verb: of its parameters it decides by what is left over.
                _play_verb(w, verb, entry, replace(step, number=step.number // len(verbs)), asked)
        case "open" if len(_live(w)) < MOST_ENTRIES:
            _play_verb(w, w.mechanic.opening, entry, step, asked)
        case "pay" if orders:
            w.pay(orders[step.number % len(orders)].id)
        case "lapse" if orders:
            w.lapse(orders[step.number % len(orders)].id)
        case "void" if parts:
            part = parts[step.number % len(parts)]
            w.act("voided", entry=w.parts[part.id][0], part=part.id)
            asked.append("voided")
        case "expire":
            if expire_due(w):
                asked.append("expire")
        case "wait":
            w.now += timedelta(minutes=step.number % 100 * 10)
        case "score" if entry and w.mechanic.score_source(w.rules) is not None:
            if w.state(entry).state == EntryState.OPEN:
                part = AddPart(
                    w.state(entry).owner_id,
                    "score",
                    Decimal(step.number % 9 + 1),
                    key=f"invite:{len(w.parts)}",
                    is_seat=False,
                )
                w._add_part(entry, part)


def _live(w: World) -> list[int]:
    return [number for number in sorted(w.entries) if w.state(number).state in LIVE_ENTRY_STATES]


def _entry(w: World, step: Step) -> int:
    """The entry that the step speaks of, mostly one where something still goes on; 0 if there is none."""
    there = _live(w) if step.pick % 4 else sorted(w.entries)
    return there[step.pick % len(there)] if there else 0


def _verbs_now(w: World, entry: int) -> list[Verb]:
    """What somebody may try in this entry's state: other picks would only be turned away at the door."""
    state = w.state(entry).state if entry else ""
    return [v for v in w.mechanic.verbs if not v.opens and state in (v.in_states or (EntryState.OPEN,))]


def _play_verb(w: World, verb: Verb, entry: int, step: Step, asked: list[str]) -> None:
    """Ask the mechanic, if the engine would; what was asked is noted, whatever the answer."""
    if w.now >= w.run.closes_at and not verb.after_close:
        return
    if verb.opens:
        asked.append(verb.key)
        w.act(verb.key, member=step.member, entry=None, **_params(w, verb, None, step))
        return
    if not entry:
        return
    step = replace(step, member=_actor(w, verb, entry, step))
    if not offered(verb, w.state(entry), step.member) or is_late(w, verb, entry):
        return
    params = _params(w, verb, w.state(entry), step)
    if any(param.is_required and param.key not in params for param in verb.params):
        return
    is_staff = verb.who == Who.STAFF
    if (
        "part" in params
        and step.number % 2
        and offered(verb, w.state(entry), w.parts[params["part"]][1].member_id)
    ):
        step = replace(step, member=w.parts[params["part"]][1].member_id)  # one's own, often enough
    part = next((params[p.key] for p in verb.params if p.kind == ParamKind.PART and p.key in params), None)
    member = None if is_staff else step.member
    asked.append(verb.key)
    w.act(verb.key, member=member, entry=entry, part=part, is_staff=is_staff, **_without_part(params))


def _actor(w: World, verb: Verb, entry: int, step: Step) -> int:
    """Somebody who may try it; often one who has to do with the entry already."""
    owner = w.state(entry).owner_id
    friends = sorted({part.member_id for part in w.live_parts(entry)} - {owner})
    if verb.who == Who.OWNER or (verb.who == Who.ANYONE and step.number % 3 == 1):
        return owner
    if friends and step.number % 3 == 2:
        return friends[step.pick % len(friends)]
    if verb.who == Who.OTHERS and step.member == owner:
        return step.member % len(MEMBERS) + 1
    return step.member


def _without_part(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != "part"}


def offered(verb: Verb, state: State, member: int | None) -> bool:
    """Would the engine let ``member`` (or staff) use the verb on an entry in this state?"""
    if state.state not in (verb.in_states or (EntryState.OPEN,)):
        return False
    if verb.who == Who.OWNER:
        return member == state.owner_id
    if verb.who == Who.OTHERS:
        return member != state.owner_id
    return verb.who in (Who.ANYONE, Who.STAFF)


def is_late(w: World, verb: Verb, entry: int) -> bool:
    """Does the clock forbid it, whether or not a tick has come? Staff may still deal with what is over."""
    ends = w.state(entry).expires_at
    over = ends is not None and w.now >= ends and verb.who != Who.STAFF
    return over or (w.now >= w.run.closes_at and not verb.after_close)


def _params(w: World, verb: Verb, state: State | None, step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for index, param in enumerate(verb.params):
        number = step.number + index * step.pick
        if param.is_required or number % 3 != 2:
            value = _param(w, param, state, number)
            if value is not None:
                found[param.key] = value
    return found


def _param(w: World, param: Param, state: State | None, number: int) -> Any:
    match param.kind:
        case ParamKind.TEXT:
            return "好的，一起来"[: param.most]
        case ParamKind.INTEGER:
            return param.least + number % (min(param.most - param.least, 30) + 1)
        case ParamKind.BOOLEAN:
            return bool(number % 2)
        case ParamKind.PHOTOS:
            return ["a.jpg"]
        case ParamKind.PART:
            live: tuple[Part, ...] = state.parts if state else ()
            return live[number % len(live)].id if live else None
        case ParamKind.ENTRY:
            codes = [s.code for s in w.entries.values() if s.state in LIVE_ENTRY_STATES]
            return codes[number % len(codes)] if codes else None


def expire_due(w: World) -> int:
    """What the engine's beat does: entries whose time is over, and all live ones once the window is over. Returns
    how many it asked."""
    is_closing = w.now >= w.run.closes_at
    asked = 0
    for number in sorted(w.entries):
        state = w.state(number)
        due = state.expires_at is not None and w.now >= state.expires_at
        if state.state in LIVE_ENTRY_STATES and (due or is_closing):
            w.expire(number, is_closing=is_closing)
            asked += 1
    return asked


def finish(w: World) -> list[str]:
    """Close the window and let every later deadline pass; returns the verbs that were asked."""
    w.now = max(w.now, w.run.closes_at)
    asked = 0
    for _ in range(5):
        asked += expire_due(w)
        w.now += timedelta(days=40)
    return ["expire"] if asked else []


def open_orders(w: World) -> list[int]:
    """Live parts that still wait for a payment."""
    return [
        part.id
        for _entry, part in w.parts.values()
        if part.order_id
        and part.state != PartState.VOID
        and not part.is_paid
        and part.id not in w.cancelled_orders
    ]


def look(w: World, entry: int | None, viewer: int | None, state: EntryState | None = None) -> Page:
    """The page of ``entry`` for ``viewer``, as it would be in ``state``."""
    turn = w.turn("look", member=viewer, entry=entry)
    if state is not None and turn.state is not None:
        turn = replace(turn, state=replace(turn.state, state=state))
    return w.mechanic.page(turn)
