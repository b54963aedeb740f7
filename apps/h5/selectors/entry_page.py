"""Everything that one entry's page shows to one viewer, in at most ten queries whatever the number of contributors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from django.db.models import QuerySet

from apps.campaigns.enums import BenefitKind, EntryState, GrantState, PartState, RunState
from apps.campaigns.mechanics.base import Page, ParamKind, Verb
from apps.campaigns.models import Contribution, Entry, Grant, MemberAction, Run
from apps.campaigns.selectors.board import Standing, standing_of
from apps.campaigns.selectors.names import initial_of, public_name
from apps.campaigns.selectors.pages import entry_view, live_rows
from apps.campaigns.selectors.plans import Plan, plan_of
from apps.campaigns.selectors.wallet import SHOWN
from apps.h5.selectors.themes import live_theme
from apps.orders.enums import OrderState
from apps.orders.models import Order

#: What an entry says is shown to others in these states only: before, nobody has looked at it; afterwards, it is over.
PUBLIC_STATES = frozenset({EntryState.OPEN, EntryState.MATCHED, EntryState.DISPUTED, EntryState.WON})
_SEATS, _LATEST, _HUES = 60, 30, 6


@dataclass(frozen=True)
class Person:
    """Somebody's contribution. ``data`` and ``photos`` (file names) are empty unless the viewer may see them."""

    part_id: int
    name: str
    initial: str
    hue: int
    kind: str
    state: str
    value: Decimal
    at: datetime
    is_seat: bool
    is_mine: bool
    is_owner: bool
    data: Mapping[str, Any] = field(default_factory=dict)
    photos: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """Another entry that this one speaks of."""

    code: str
    title: str
    photo: str
    is_mine: bool


@dataclass(frozen=True)
class Prize:
    """What the viewer got out of this entry. ``is_held``: a person looks at it first; why stays inside."""

    name: str
    kind: str
    quantity: int
    face_value: Decimal
    state: str
    is_held: bool
    needs_address: bool


@dataclass(frozen=True)
class Debt:
    """The viewer's own order for this entry that is still to be paid."""

    number: str
    amount: Decimal
    pay_before: datetime | None


@dataclass(frozen=True)
class Done:
    """What the viewer has just done, in the mechanic's own answer."""

    verb: Verb
    answer: Mapping[str, Any]


@dataclass(frozen=True)
class EntryPage:
    """One entry for one viewer. ``data`` is what the entry says, empty where the viewer may not read it."""

    entry: Entry
    run: Run
    plan: Plan
    page: Page
    now: datetime
    is_mine: bool
    is_known: bool
    owner_name: str
    owner_initial: str
    owner_hue: int
    people: tuple[Person, ...]
    data: Mapping[str, Any]
    photos: tuple[str, ...]
    others: Mapping[str, Named]
    prizes: tuple[Prize, ...]
    debt: Debt | None
    standing: Standing | None
    done: Done | None

    @property
    def seats(self) -> tuple[Person, ...]:
        """Who has a seat, oldest first."""
        return tuple(one for one in self.people if one.is_seat)[:_SEATS]

    @property
    def free_seats(self) -> range:
        """Places to draw for seats that nobody has taken, a screen's worth at most."""
        taken = self.entry.count + self.entry.pending_count
        return range(min(max((self.entry.capacity or 0) - taken, 0), _SEATS - len(self.seats)))

    @property
    def latest(self) -> tuple[Person, ...]:
        """Who contributed, newest first."""
        return self.people[::-1][:_LATEST]

    @property
    def mine(self) -> tuple[Person, ...]:
        return tuple(one for one in self.people if one.is_mine)

    @property
    def left(self) -> Decimal:
        """What is missing to the goal."""
        return max(self.page.goal - self.page.done, Decimal(0))

    @property
    def is_over(self) -> bool:
        return self.page.mood in ("done", "failed", "ended")

    @property
    def is_taking_part(self) -> bool:
        """Has the viewer a seat here, where seats compete? Then they cannot have another elsewhere."""
        return self.plan.mechanic.is_ranked and any(one.is_seat for one in self.mine)

    @property
    def is_run_open(self) -> bool:
        """May one still open an entry of one's own?"""
        return self.run.state == RunState.OPEN and self.run.opens_at <= self.now < self.run.closes_at

    @property
    def has_coupon(self) -> bool:
        return any(prize.kind == BenefitKind.COUPON for prize in self.prizes)


def find_entry(code: str) -> Entry | None:
    """The entry if its run has a page, with run, campaign and owner."""
    rows = Entry.objects.select_related("run__campaign", "run__stock", "owner")
    found = rows.annotate(live_theme=live_theme("run__campaign_id")).filter(code=code).first()
    if found is None or found.run.state == RunState.CANCELLED:
        return None
    found.run.live_theme = found.live_theme  # type: ignore[attr-defined]
    return found


def entry_page(
    entry: Entry, *, member_id: int | None, now: datetime, did: str = "", key: str = ""
) -> EntryPage:
    """The page of an entry in hand (``find_entry``). ``did`` and ``key``: the verb that the viewer has just played
    and its Idempotency-Key; another's, or one that never was, shows nothing."""
    run = entry.run
    plan = plan_of(run.pk, run.revision)
    rows = live_rows(entry, member_id)
    is_mine = entry.owner_id == member_id
    people = tuple(_person(row, entry, member_id) for row in rows)
    data = entry.data if is_mine or entry.state in PUBLIC_STATES else {}
    nickname = entry.owner.nickname
    return EntryPage(
        entry=entry,
        run=run,
        plan=plan,
        page=entry_view(entry, member_id=member_id, now=now, rows=rows),
        now=now,
        is_mine=is_mine,
        is_known=member_id is not None,
        owner_name=public_name(nickname),
        owner_initial=initial_of(nickname),
        owner_hue=entry.owner_id % _HUES,
        people=people,
        data=data,
        photos=file_names(data),
        others=_others(entry, plan, data, people, member_id),
        prizes=_prizes(entry, member_id) if member_id is not None and (is_mine or rows) else (),
        debt=_debt(row for row in rows if row.member_id == member_id),
        standing=standing_of(entry) if plan.mechanic.is_ranked else None,
        done=_done(entry, plan, member_id, did, key),
    )


def debt_of(*, code: str, member_id: int) -> Debt | None:
    """The member's order for the entry that is still to be paid."""
    rows = Contribution.objects.filter(entry__code=code, member_id=member_id, state=PartState.PENDING)
    return _debt(rows.select_related("order"))


def file_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the pictures that ``data`` refers to, without their folder."""
    found = data.get("photos")
    names = found if isinstance(found, list) else []
    return tuple(PurePosixPath(name).name for name in names if isinstance(name, str))


def public_entries(entries: QuerySet[Entry], *, member_id: int | None) -> dict[str, Named]:
    """Entries by code as others may see them; one query."""
    return {
        entry.code: Named(
            entry.code, entry.title, next(iter(file_names(entry.data)), ""), entry.owner_id == member_id
        )
        for entry in entries
    }


def _person(row: Contribution, entry: Entry, member_id: int | None) -> Person:
    is_mine = row.member_id == member_id
    nickname = row.member.nickname
    return Person(
        part_id=row.pk,
        name=public_name(nickname),
        initial=initial_of(nickname),
        hue=row.member_id % _HUES,
        kind=row.kind,
        state=row.state,
        value=row.value,
        at=row.at,
        is_seat=row.is_seat,
        is_mine=is_mine,
        is_owner=row.member_id == entry.owner_id,
        data=row.data if is_mine or entry.owner_id == member_id else {},
        photos=file_names(row.data) if is_mine else (),
    )


def _others(
    entry: Entry, plan: Plan, data: Mapping[str, Any], people: Iterable[Person], member_id: int | None
) -> dict[str, Named]:
    """The entries of this run that the visible texts refer to: by parameters of the kind ENTRY, and by the mechanic."""
    keys = {p.key for verb in plan.mechanic.verbs for p in verb.params if p.kind == ParamKind.ENTRY}
    codes = set(plan.mechanic.linked(data)) | {code for one in people for code in _codes(one.data, keys)}
    if not codes:
        return {}
    return public_entries(Entry.objects.filter(run_id=entry.run_id, code__in=codes), member_id=member_id)


def _codes(data: Mapping[str, Any], keys: set[str]) -> list[str]:
    """Values under ``keys``, also one level further in."""
    found = [value for key, value in data.items() if key in keys and isinstance(value, str) and value]
    for value in data.values():
        if isinstance(value, dict):
            found += [
                inner for key, inner in value.items() if key in keys and isinstance(inner, str) and inner
            ]
    return found


def _prizes(entry: Entry, member_id: int) -> tuple[Prize, ...]:
    grants = Grant.objects.filter(entry=entry, member_id=member_id, state__in=SHOWN)
    return tuple(
        Prize(
            name=grant.benefit.name,
            kind=grant.kind,
            quantity=grant.quantity,
            face_value=grant.face_value,
            state=grant.state,
            is_held=grant.state in (GrantState.HELD, GrantState.UNFUNDED),
            needs_address=grant.state == GrantState.AWAITING_ADDRESS,
        )
        for grant in grants.select_related("benefit").defer("address").order_by("id")[:_LATEST]
    )


def _debt(rows: Iterable[Contribution]) -> Debt | None:
    for row in rows:
        order: Order | None = row.order
        if row.state == PartState.PENDING and order is not None and order.state == OrderState.AWAITING:
            return Debt(order.number, order.amount, order.pay_before)
    return None


def _done(entry: Entry, plan: Plan, member_id: int | None, did: str, key: str) -> Done | None:
    verb = next((one for one in plan.mechanic.verbs if one.key == did), None)
    if verb is None or member_id is None or not 0 < len(key) <= 80:
        return None
    asked = "" if verb.opens else did
    rows = MemberAction.objects.filter(member_id=member_id, key=key, entry_id=entry.pk, verb=asked)
    answer = rows.values_list("answer", flat=True).first()
    return None if answer is None else Done(verb, answer)
