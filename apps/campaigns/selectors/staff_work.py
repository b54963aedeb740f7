"""待处理: what waits for a person because a mechanic has verbs for staff: screenshots, listings, disputes.

Found from the registry alone. A verb with a part waits where a part is pending (and not for a payment); any other
where an entry is in a state that only staff can end.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.campaigns.enums import EntryState, PartState, RunState
from apps.campaigns.mechanics.base import Mechanic, ParamKind, Verb, Voice, Who
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Contribution, Entry, Run
from apps.members.models import Member

#: Who may play staff's verbs.
PERMISSION = "campaigns.launch_campaign"
_WAITS_FOR_STAFF = frozenset({EntryState.PENDING, EntryState.DISPUTED})
_AFTER_CLOSE = (RunState.OPEN, RunState.CLOSED, RunState.REVIEW, RunState.SETTLING, RunState.SETTLED)


@dataclass(frozen=True)
class Task:
    """One thing to decide by one of ``verbs``. ``facts``: what the member wrote, (label, text); ``photos``:
    references to uploaded pictures. In a dispute: ``sides``, and ``others``, the entries that it is about, too."""

    entry: Entry
    verbs: tuple[Verb, ...]
    since: datetime
    part: Contribution | None = None
    facts: list[tuple[Any, str]] = field(default_factory=list)
    photos: list[str] = field(default_factory=list)
    sides: list["Side"] = field(default_factory=list)
    others: list["Other"] = field(default_factory=list)

    @property
    def who(self) -> Any:
        """Whose doing is looked at."""
        return self.part.member if self.part else self.entry.owner


@dataclass(frozen=True)
class Side:
    """Who has a say in a dispute, and what was said."""

    member: Member | None
    voice: Voice


@dataclass(frozen=True)
class Other:
    entry: Entry
    facts: list[tuple[Any, str]]
    photos: list[str]


@dataclass(frozen=True)
class _Kind:
    mechanic: Mechanic[Any]
    verbs: tuple[Verb, ...]
    states: frozenset[str]
    is_of_part: bool
    run_states: tuple[str, ...]


def is_of_part(verb: Verb) -> bool:
    return any(param.kind == ParamKind.PART for param in verb.params)


def staff_verbs(mechanic: Mechanic[Any], *, state: str) -> list[Verb]:
    """Verbs of staff that ``mechanic`` offers on an entry in ``state``."""
    return [
        verb
        for verb in mechanic.verbs
        if verb.who == Who.STAFF and state in (verb.in_states or (EntryState.OPEN,))
    ]


def _kinds() -> Iterator[_Kind]:
    for mechanic in all_mechanics().values():
        for verb in mechanic.verbs:
            if verb.who != Who.STAFF:
                continue
            states = frozenset(str(state) for state in verb.in_states or (EntryState.OPEN,))
            of_part = is_of_part(verb)
            if not of_part:
                states &= {str(state) for state in _WAITS_FOR_STAFF}
            if states:
                runs = _AFTER_CLOSE if verb.after_close else (RunState.OPEN,)
                yield _Kind(mechanic, (verb,), states, of_part, tuple(str(state) for state in runs))


def _conditions() -> tuple[Q | None, Q | None]:
    """Conditions over contributions and over entries; ``None`` where no mechanic has such a verb."""
    parts: Q | None = None
    entries: Q | None = None
    for kind in _kinds():
        run = Q(run__mechanic=kind.mechanic.key, run__state__in=kind.run_states)
        if kind.is_of_part:
            one = run & Q(entry__state__in=kind.states)
            parts = one if parts is None else parts | one
        else:
            one = run & Q(state__in=kind.states)
            if elsewhere := kind.mechanic.decided_elsewhere:
                one &= ~Q(data__contains=elsewhere)
            entries = one if entries is None else entries | one
    return parts, entries


def _waiting(user: User, run: Run | None) -> tuple[QuerySet[Contribution], QuerySet[Entry]]:
    of_parts, of_entries = _conditions()
    parts = Contribution.objects.filter(state=PartState.PENDING, order__isnull=True)
    entries = Entry.objects.filter(state__in=_WAITS_FOR_STAFF)
    if run is not None:
        parts, entries = parts.filter(run=run), entries.filter(run=run)
    else:
        runs = Run.objects.visible_to(user)
        parts, entries = parts.filter(run__in=runs), entries.filter(run__in=runs)
    return (
        parts.filter(of_parts) if of_parts is not None else parts.none(),
        entries.filter(of_entries) if of_entries is not None else entries.none(),
    )


def count_work(user: User, *, run: Run | None = None) -> int:
    """How many tasks wait, of ``run`` or of all runs that ``user`` sees. Two queries."""
    parts, entries = _waiting(user, run)
    return parts.order_by().count() + entries.order_by().count()


def waiting_work(user: User, *, run: Run | None = None, limit: int = 30) -> list[Task]:
    """The oldest tasks. Two queries, and two more where there is a dispute."""
    parts, entries = _waiting(user, run)
    found = [
        _part_task(part)
        for part in parts.select_related("entry__owner", "entry__run__campaign", "member").order_by("id")[
            :limit
        ]
    ]
    whole = list(entries.select_related("owner", "run__campaign").order_by("id")[:limit])
    sides, others = sides_of(whole), _others_of(whole)
    found += [_entry_task(entry, sides[entry.pk], others[entry.pk]) for entry in whole]
    return sorted(found, key=lambda task: task.since)[:limit]


def _part_task(part: Contribution) -> Task:
    mechanic = all_mechanics()[part.entry.run.mechanic]
    verbs = tuple(verb for verb in staff_verbs(mechanic, state=part.entry.state) if is_of_part(verb))
    data = {**part.data}
    return Task(part.entry, verbs, part.at, part, written(mechanic, data), photos_of(data))


def _entry_task(entry: Entry, sides: list[Side], others: list[Other]) -> Task:
    mechanic = all_mechanics()[entry.run.mechanic]
    verbs = tuple(verb for verb in staff_verbs(mechanic, state=entry.state) if not is_of_part(verb))
    facts, photos = written(mechanic, entry.data), photos_of(entry.data)
    return Task(entry, verbs, entry.updated_at, None, facts, photos, sides, others)


def sides_of(entries: Iterable[Entry]) -> dict[int, list[Side]]:
    """By entry: the sides of its dispute, none where there is none. One query at most."""
    voices = {
        entry.pk: all_mechanics()[entry.run.mechanic].voices(entry.owner_id, entry.data)
        if entry.state == EntryState.DISPUTED
        else []
        for entry in entries
    }
    ids = {voice.member_id for heard in voices.values() for voice in heard}
    members = Member.objects.in_bulk(ids) if ids else {}
    return {pk: [Side(members.get(v.member_id), v) for v in heard] for pk, heard in voices.items()}


def _others_of(entries: Iterable[Entry]) -> dict[int, list[Other]]:
    """By entry: the entries that it is linked to. One query at most."""
    codes = {
        (entry.run_id, code): entry.pk
        for entry in entries
        for code in all_mechanics()[entry.run.mechanic].linked(entry.data)
    }
    found: dict[int, list[Other]] = defaultdict(list)
    if codes:
        named = Entry.objects.filter(code__in={code for _run, code in codes}).select_related("owner", "run")
        for other in named:
            if (pk := codes.get((other.run_id, other.code))) is not None:
                mechanic = all_mechanics()[other.run.mechanic]
                found[pk].append(Other(other, written(mechanic, other.data), photos_of(other.data)))
    return found


def written(mechanic: Mechanic[Any], data: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """What members typed, with the labels of the verbs' own parameters."""
    labels = {
        param.key: param.label
        for verb in mechanic.verbs
        for param in verb.params
        if param.kind in (ParamKind.TEXT, ParamKind.INTEGER)
    }
    return [
        (labels[key], str(value))
        for key, value in data.items()
        if key in labels and isinstance(value, (str, int)) and value != ""
    ]


def photos_of(data: Mapping[str, Any]) -> list[str]:
    """References to pictures in an entry's or a contribution's data."""
    found = data.get("photos")
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
