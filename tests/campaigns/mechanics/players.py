"""Any rules and any play of any mechanic: what the contract tests draw from. Knows no mechanic by name; keeps the
engine's own gates (who, in which state, before the window closes) so that only the mechanic's part is tried."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
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
from apps.core.errors import Invalid
from tests.campaigns.mechanics.world import World

MEMBERS = (1, 2, 3, 4, 5)
GUEST = None
KINDS = (*["verb"] * 8, "pay", "pay", "lapse", "void", "expire", "wait", "score")

#: What happens next: a kind of step and three numbers from which its details follow.
STEP = st.tuples(st.sampled_from(KINDS), st.integers(0, 11), st.sampled_from(MEMBERS), st.integers(0, 99))
STEPS = st.lists(STEP, min_size=4, max_size=30)


def _value(item: dict[str, Any]) -> st.SearchStrategy[Any]:
    low = item["minimum"] if item["minimum"] is not None else 0
    high = item["maximum"] if item["maximum"] is not None else low + 1_000
    few = st.integers(int(low), int(min(high, low + 6)))
    money = st.decimals(low, min(high, low + 200), places=2)
    match item["kind"]:
        case "integer":
            return few
        case "money":
            return money
        case "boolean":
            return st.booleans()
        case "choice":
            return st.sampled_from([key for key, _label in item["choices"]])
        case "text":
            return st.just(item["default"])
        case "steps":
            return st.lists(few, max_size=4)
        case "prices":
            return st.lists(st.tuples(st.integers(1, 8), money), max_size=3)
        case "ranks":
            return st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=3)
    raise AssertionError(f"no strategy for a rule of kind {item['kind']!r}")


@st.composite
def any_rules(draw: st.DrawFn, mechanic: Mechanic[Any]) -> Rules:
    """Rules that the mechanic accepts; small numbers, so that plays reach their ends."""
    described = mechanic.rules_type.described()
    data: dict[Any, Any] = {item["name"]: draw(st.none() | _value(item)) for item in described}
    while True:
        try:
            return mechanic.rules_type.load(data)
        except Invalid as problem:
            # Give up what is wrong; if that is the default, something else that does not go with it.
            given = [name for name, value in data.items() if value is not None]
            data[problem.field if problem.field in given else given[-1]] = None


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


def play(w: World, step: Step) -> list[str]:
    """One step; returns the verbs that got through. A step that the engine would not let through does nothing.
    Refusals are taken as answers."""
    through: list[str] = []
    try:
        _play(w, step, through)
    except Refused as refusal:
        if not str(refusal) or not refusal.code:
            raise
    return through


def _play(w: World, step: Step, through: list[str]) -> None:
    entries = sorted(w.entries)
    entry = entries[step.pick % len(entries)] if entries else 0
    parts = [part for number in entries for part in w.live_parts(number)]
    orders = [p for p in parts if p.order_id and not p.is_paid and p.id not in w.cancelled_orders]
    match step.kind:
        case "verb":
            verb = w.mechanic.verbs[step.number % len(w.mechanic.verbs)]
            if _play_verb(w, verb, entry, step):
                through.append(verb.key)
        case "pay" if orders:
            w.pay(orders[step.number % len(orders)].id)
        case "lapse" if orders:
            w.lapse(orders[step.number % len(orders)].id)
        case "void" if parts:
            part = parts[step.number % len(parts)]
            w.act("voided", entry=w.parts[part.id][0], part=part.id)
            through.append("voided")
        case "expire":
            if expire_due(w):
                through.append("expire")
        case "wait":
            w.now += timedelta(minutes=step.number * 10)
        case "score" if entry and w.mechanic.score_source(w.rules) is not None:
            if w.state(entry).state == EntryState.OPEN:
                part = AddPart(
                    w.state(entry).owner_id,
                    "score",
                    Decimal(step.number + 1),
                    key=f"invite:{len(w.parts)}",
                    is_seat=False,
                )
                w._add_part(entry, part)


def _play_verb(w: World, verb: Verb, entry: int, step: Step) -> bool:
    """Did the engine let it be tried? (A refusal by the mechanic is raised.)"""
    if w.now >= w.run.closes_at and not verb.after_close:
        return False
    # The step's number has chosen the verb: of its parameters it decides by what is left over.
    step = replace(step, number=step.number // len(w.mechanic.verbs))
    if verb.opens:
        w.act(verb.key, member=step.member, entry=None, **_params(w, verb, None, step))
        return True
    if not entry:
        return False
    step = replace(step, member=_actor(verb, w.state(entry).owner_id, step))
    if not offered(verb, w.state(entry), step.member):
        return False
    params = _params(w, verb, w.state(entry), step)
    if any(param.is_required and param.key not in params for param in verb.params):
        return False
    is_staff = verb.who == Who.STAFF
    part = next((params[p.key] for p in verb.params if p.kind == ParamKind.PART and p.key in params), None)
    member = None if is_staff else step.member
    w.act(verb.key, member=member, entry=entry, part=part, is_staff=is_staff, **_without_part(params))
    return True


def _actor(verb: Verb, owner: int, step: Step) -> int:
    """Somebody who may try it: most random picks would only be turned away at the door."""
    if verb.who == Who.OWNER or (verb.who == Who.ANYONE and step.number % 2):
        return owner
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
    """Close the window and let every later deadline pass; returns the verbs that got through."""
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
