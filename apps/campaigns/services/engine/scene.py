"""What stands locked before the mechanic is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any

from apps.accounts.models import User
from apps.campaigns.mechanics.base import Action, Actor, Mechanic, Part, RunFacts, State, Turn, Verb
from apps.campaigns.models import Contribution, Entry
from apps.campaigns.selectors.plans import Plan
from apps.campaigns.services.engine.outcome import Origin
from apps.campaigns.services.engine.rows import EntryRow, RunRow, live_parts, lock_entries


@dataclass(frozen=True)
class Scene:
    """One verb in its transaction. ``entry`` is ``None`` while it is being opened; ``others`` are locked too."""

    plan: Plan
    run: RunRow
    action: Action
    now: datetime
    seed: int
    entry: EntryRow | None = None
    others: Mapping[str, EntryRow] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    staff: User | None = None
    is_closing: bool = False

    def turn(self) -> Turn[Any]:
        """What the mechanic sees. Chance is seeded by the entry and its number of parts: repeatable (C12)."""
        state = self.entry.state if self.entry else None
        counts = f"{state.count}:{state.pending_count}" if state else "0:0"
        return Turn(
            rules=self.plan.rules,
            state=state,
            action=self.action,
            run=RunFacts(self.run.id, self.run.opens_at, self.run.closes_at, self.is_closing),
            now=self.now,
            rng=Random(f"{self.seed}:{counts}"),  # noqa: S311 - a game's chance, repeatable on purpose
        )


def others_of(mechanic: Mechanic[Any], verb: str, entry_id: int, params: Mapping[str, Any]) -> list[str]:
    """Codes of entries to lock beside ``entry_id``, asked of what stands before any lock; most mechanics have none."""
    kind = type(mechanic)
    if kind.also_locks is Mechanic.also_locks and kind.linked is Mechanic.linked:
        return []
    data = Entry.objects.filter(pk=entry_id).values_list("data", flat=True).first() or {}
    part = None
    if isinstance(params.get("part"), int):
        row = Contribution.objects.filter(pk=params["part"], entry_id=entry_id).first()
        if row is not None:
            part = Part(
                id=row.pk,
                member_id=row.member_id,
                kind=row.kind,
                key=row.key,
                state=row.state,
                value=row.value,
                at=row.at,
                data=row.data,
            )
    return list(dict.fromkeys([*mechanic.also_locks(verb, part, params), *mechanic.linked(data)]))


def lock_with_others(run_id: int, entry_id: int, codes: list[str]) -> dict[str, EntryRow]:
    """Lock ``entry_id`` and the entries of the same run named by ``codes``, in order of id; returns the others."""
    ids = Entry.objects.filter(run_id=run_id, code__in=codes).values_list("pk", flat=True)
    locked = lock_entries([entry_id, *ids])
    return {row.state.code: row for row, _run in locked if row.state.id != entry_id}


def with_parts(
    entry: EntryRow, others: Mapping[str, EntryRow], *, verb: Verb | None, member_id: int | None
) -> tuple[EntryRow, dict[str, EntryRow]]:
    """Load live contributions: all for verbs that need them (and for the system's), else the member's own."""
    needs_all = verb is None or verb.needs_parts
    ids = [entry.state.id, *(other.state.id for other in others.values())]
    parts = live_parts(ids, member_id=None if needs_all else member_id)

    def filled(row: EntryRow) -> EntryRow:
        own = parts[row.state.id]
        mine = tuple(part for part in own if part.member_id == member_id) if member_id is not None else ()
        return replace(row, state=replace(row.state, mine=mine, parts=own if needs_all else ()))

    loaded = {code: filled(other) for code, other in others.items()}
    main = filled(entry)
    states = {code: other.state for code, other in loaded.items()}
    return replace(main, state=replace(main.state, others=states)), loaded


def find_part(state: State, part_id: int, *, entry_id: int) -> Part | None:
    """A live contribution of the entry, from what is loaded or from the database."""
    for part in (*state.parts, *state.mine):
        if part.id == part_id:
            return part
    return next((part for part in live_parts([entry_id])[entry_id] if part.id == part_id), None)


def actor_for(member_id: int | None, *, is_new: bool = False, is_staff: bool = False) -> Actor:
    return Actor(member_id=member_id, is_new=is_new, is_staff=is_staff)
