"""A rehearsal of a mechanic: what members would see, before anybody plays.

The mechanic decides every step itself, on values alone; nothing is stored. One member opens an entry, friends
take part until it succeeds, and the states on the way are kept as screens.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import LIVE_ENTRY_STATES, EntryState, PartState
from apps.campaigns.mechanics.base import (
    Action,
    Actor,
    AddPart,
    ChangeEntry,
    ChangePart,
    Decision,
    Mechanic,
    Page,
    Param,
    ParamKind,
    Part,
    Refused,
    Rules,
    RunFacts,
    State,
    Turn,
    Verb,
    Who,
)
from apps.campaigns.mechanics.base.rules import Text

#: Enough to fill what people set in practice; a longer way is shown from its first steps.
_MOST_FRIENDS = 60
_OWNER, _FRIEND = 1, 2
_SAMPLES: Mapping[ParamKind, Any] = {ParamKind.BOOLEAN: True, ParamKind.PHOTOS: ["sample"]}
_NOTHING: Mapping[ParamKind, Any] = {ParamKind.BOOLEAN: False, ParamKind.PHOTOS: ["sample"]}
_LIVE_PARTS = (PartState.PENDING, PartState.COUNTED)


@dataclass(frozen=True)
class Look:
    """What ``viewer`` (1 is the owner) sees; ``state`` is the entry, ``None`` before there is one, and ``capacity``
    bounds its parts."""

    page: Page
    state: State | None
    viewer: int
    capacity: int | None


@dataclass(frozen=True)
class Screen:
    """One state of the member page; ``key`` is stable (``before``, ``mine`` …), ``title`` is for the operator."""

    key: str
    title: Text
    page: Page
    look: Look


def _screen(key: str, title: Text, look: Look) -> Screen:
    return Screen(key, title, look.page, look)


def rehearse(mechanic: Mechanic[Any], rules: Rules, *, now: datetime, hours: int = 72) -> list[Screen]:
    """The screens in the order in which members meet them. States that the rules never reach are left out."""
    stage = _Stage(mechanic, rules, now=now, run=RunFacts(0, now, now + timedelta(hours=max(hours, 1))))
    return list(_screens(stage))


def _screens(stage: "_Stage") -> Iterator[Screen]:
    yield _screen("before", _("还没发起"), stage.page(_OWNER))
    try:
        stage.open()
    except Refused:
        return
    if stage.unpaid:
        yield _screen("unpaid", _("待付款"), stage.page(_OWNER))
        stage.pay()
    if stage.entry.state == EntryState.PENDING:
        yield _screen("pending", _("待生效"), stage.page(_OWNER))
        stage.ask_staff()
    yield _screen("mine", _("我发起之后"), stage.page(_OWNER))
    yield _screen("friend", _("好友看到的"), stage.page(_FRIEND))
    stage.remember()
    nearly = None
    for friend in range(_FRIEND, _FRIEND + _MOST_FRIENDS):
        if not stage.is_live or not stage.take_part(friend):
            break
        if friend == _FRIEND:
            yield _screen("helped", _("好友参与之后"), stage.page(_FRIEND))
        owners = stage.page(_OWNER)
        if stage.is_live and (nearly is None or nearly.page.mood != "nearly"):
            nearly = owners
    if stage.is_live and stage.score():
        yield _screen("scored", _("有成绩之后"), stage.page(_OWNER))
    if nearly is not None:
        yield _screen("nearly", _("就差一点"), nearly)
    yield _screen("done", _("成功"), stage.ended(EntryState.WON))
    yield _screen("failed", _("没成功"), stage.failed())


@dataclass
class _Stage:
    """One entry in memory, carrying out what the preview needs of the engine's effects."""

    mechanic: Mechanic[Any]
    rules: Rules
    now: datetime
    run: RunFacts
    is_opened: bool = False
    capacity: int | None = None
    parts: dict[int, Part] = field(default_factory=dict)
    unpaid: list[int] = field(default_factory=list)
    _opened: tuple[State, dict[int, Part]] | None = None

    def __post_init__(self) -> None:
        self.entry = State(
            id=1,
            code="sample",
            owner_id=_OWNER,
            state=EntryState.OPEN,
            count=0,
            pending_count=0,
            score=Decimal(0),
            seed=7,
            opened_at=self.now,
        )

    @property
    def is_live(self) -> bool:
        return self.entry.state in LIVE_ENTRY_STATES

    def open(self) -> None:
        verb = self.mechanic.opening
        decision = self._decide(verb.key, _OWNER, _sample(verb.params))
        self.is_opened = True
        self._apply(decision)

    def pay(self) -> None:
        """Pay every order that is open, as the members would."""
        for part_id in self.unpaid:
            part = self.parts[part_id]
            self.parts[part_id] = replace(part, is_paid=True, order_kept=part.order_amount)
            self._apply(self._decide("paid", None, {}, part=self.parts[part_id]))
        self.unpaid.clear()

    def ask_staff(self, part: Part | None = None) -> bool:
        """Staff say yes to the entry, or to ``part``."""
        wanted = ParamKind.PART if part else None
        for verb in self.mechanic.verbs:
            kinds = {param.kind for param in verb.params}
            if verb.who is Who.STAFF and (ParamKind.PART in kinds) == (wanted is ParamKind.PART):
                params = {
                    p.key: part.id if p.kind is ParamKind.PART and part else _value(p) for p in verb.params
                }
                if self._try(verb, None, params, part=part, is_staff=True):
                    return True
        return False

    def take_part(self, friend: int) -> bool:
        """``friend`` does the first thing that brings a contribution; false when nothing does."""
        for verb in self.mechanic.others_may(self.entry):
            if any(p.kind in (ParamKind.PART, ParamKind.ENTRY) and p.is_required for p in verb.params):
                continue
            if verb.in_states and self.entry.state not in verb.in_states:
                continue
            before = set(self.parts)
            if self._try(verb, friend, _sample(verb.params)) and set(self.parts) - before:
                self.pay()
                for part in [self.parts[key] for key in set(self.parts) - before]:
                    if part.state == PartState.PENDING:
                        self.ask_staff(part)
                return True
        return False

    def remember(self) -> None:
        """Come back to this moment in ``failed``."""
        self._opened = (self.entry, dict(self.parts))

    def score(self) -> bool:
        """What the engine adds where scores come from elsewhere (invites, orders, points); false if they do not."""
        if self.mechanic.score_source(self.rules) is None:
            return False
        value = max(self.mechanic.floor_score(self.rules), Decimal(1))
        self._apply(Decision((AddPart(_OWNER, "score", value, key="sample:1", is_seat=False),)))
        return True

    def ended(self, state: EntryState) -> Look:
        """The owner's page once the entry has come to ``state``, by play or, on a long way, by assumption."""
        entry = self.entry if not self.is_live else replace(self.entry, state=state)
        return self.page(_OWNER, entry)

    def failed(self) -> Look:
        """The owner's page when time runs out and no friend came."""
        if self._opened is not None:
            self.entry, self.parts = self._opened
        self.now = self.run.closes_at
        self.run = replace(self.run, is_closing=True)
        self._apply(self._decide("expire", None, {}))
        return self.page(_OWNER, replace(self.entry, state=EntryState.FAILED) if self.is_live else self.entry)

    def page(self, viewer: int, entry: State | None = None) -> Look:
        turn = self._turn("look", viewer, {}, entry=entry)
        return Look(self.mechanic.page(turn), turn.state, viewer, self.capacity)

    # --- carrying out -----------------------------------------------------------------------------

    def _try(
        self,
        verb: Verb,
        member: int | None,
        params: dict[str, Any],
        *,
        part: Part | None = None,
        is_staff: bool = False,
    ) -> bool:
        try:
            self._apply(self._decide(verb.key, member, params, part=part, is_staff=is_staff))
        except Refused:
            return False
        return True

    def _decide(
        self,
        verb: str,
        member: int | None,
        params: dict[str, Any],
        *,
        part: Part | None = None,
        is_staff: bool = False,
    ) -> Decision:
        return self.mechanic.decide(self._turn(verb, member, params, part=part, is_staff=is_staff))

    def _turn(
        self,
        verb: str,
        member: int | None,
        params: dict[str, Any],
        *,
        entry: State | None = None,
        part: Part | None = None,
        is_staff: bool = False,
    ) -> Turn[Any]:
        state = self._seen_by(member, entry or self.entry) if self.is_opened else None
        actor = Actor(member, is_new=member is not None, is_staff=is_staff)
        rng = Random(f"sample:{len(self.parts)}")  # noqa: S311
        return Turn(self.rules, state, Action(verb, actor, params, part), self.run, self.now, rng)

    def _seen_by(self, member: int | None, entry: State) -> State:
        live = tuple(part for part in self.parts.values() if part.state in _LIVE_PARTS)
        return replace(entry, parts=live, mine=tuple(part for part in live if part.member_id == member))

    def _apply(self, decision: Decision) -> None:
        for effect in decision.effects:
            if isinstance(effect, AddPart):
                self._add(effect)
            elif isinstance(effect, ChangePart):
                part = self.parts[effect.part_id]
                self.parts[part.id] = replace(
                    part,
                    state=effect.state or part.state,
                    value=part.value if effect.value is None else effect.value,
                    data=part.data if effect.data is None else effect.data,
                )
            elif isinstance(effect, ChangeEntry) and not getattr(effect, "entry", ""):
                self._change(effect)
        seats = [part for part in self.parts.values() if part.is_seat]
        self.entry = replace(
            self.entry,
            count=sum(part.state == PartState.COUNTED for part in seats),
            pending_count=sum(part.state == PartState.PENDING for part in seats),
            score=sum((p.value for p in self.parts.values() if p.state == PartState.COUNTED), Decimal(0)),
        )

    def _add(self, effect: AddPart) -> None:
        part = Part(
            id=len(self.parts) + 1,
            member_id=effect.member_id,
            kind=effect.kind,
            key=effect.key or f"{effect.member_id}",
            state=effect.state,
            value=effect.value,
            at=self.now,
            data=effect.data,
            order_id=len(self.parts) + 1 if effect.order else None,
            order_amount=effect.order.amount if effect.order else Decimal(0),
            is_seat=effect.is_seat,
        )
        self.parts[part.id] = part
        if effect.order:
            self.unpaid.append(part.id)

    def _change(self, effect: ChangeEntry) -> None:
        self.capacity = self.capacity if effect.capacity is None else effect.capacity
        expires_at = None if effect.never_expires else effect.expires_at or self.entry.expires_at
        self.entry = replace(
            self.entry,
            state=effect.state or self.entry.state,
            data=self.entry.data if effect.data is None else effect.data,
            owner_id=effect.owner_id or self.entry.owner_id,
            expires_at=expires_at,
        )


def _sample(params: tuple[Param, ...]) -> dict[str, Any]:
    return {
        param.key: _value(param)
        for param in params
        if param.is_required or param.kind not in (ParamKind.PART, ParamKind.ENTRY)
    }


def _value(param: Param) -> Any:
    if param.kind is ParamKind.TEXT:
        return str(param.label)[: param.most] if param.is_required else ""
    if param.kind is ParamKind.INTEGER:
        return max(param.least, 1) if param.is_required else 0
    return (_SAMPLES if param.is_required else _NOTHING).get(param.kind)
