"""A run for one viewer before an entry is opened, and what strangers may find in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from apps.campaigns.api.shapes import benefits, stock_left
from apps.campaigns.enums import LIVE_ENTRY_STATES, PartState, RunState
from apps.campaigns.mechanics.base import Page
from apps.campaigns.models import Contribution, Entry, Run
from apps.campaigns.selectors.names import initial_of, public_name
from apps.campaigns.selectors.pages import run_view
from apps.campaigns.selectors.plans import Plan, plan_of
from apps.campaigns.selectors.public_runs import joinable_entries, public_runs
from apps.h5.selectors.entry_page import file_names
from apps.h5.selectors.themes import live_theme

MOST_OWN = 20


@dataclass(frozen=True)
class Found:
    """An open entry that strangers may join or browse. ``left`` seats are free, ``None`` if nothing bounds them."""

    pk: int
    code: str
    title: str
    name: str
    initial: str
    hue: int
    left: int | None
    taken: int
    photo: str
    data: Any
    expires_at: datetime | None
    is_mine: bool


@dataclass(frozen=True)
class RunPage:
    """``own``: the viewer's entries (in a contest also the team they have joined), those that still go on first. ``found``: a few that others have opened."""

    run: Run
    plan: Plan
    page: Page
    now: datetime
    own: tuple[Entry, ...]
    found: tuple[Found, ...]
    stock: dict[str, Any] | None
    benefits: list[dict[str, Any]]

    @property
    def is_waiting(self) -> bool:
        """Is it still to start?"""
        return self.run.state == RunState.SCHEDULED or self.now < self.run.opens_at

    @property
    def is_paused(self) -> bool:
        return self.run.state == RunState.PAUSED

    @property
    def is_over(self) -> bool:
        return not self.is_waiting and (
            self.run.state not in (RunState.OPEN, RunState.PAUSED) or self.now >= self.run.closes_at
        )

    @property
    def is_sold_out(self) -> bool:
        return self.stock is not None and self.stock["left"] == 0

    @property
    def is_taking_part(self) -> bool:
        """Has the viewer a place in the ranking already? One cannot have two."""
        return self.plan.mechanic.is_ranked and bool(self.going)

    @property
    def going(self) -> tuple[Entry, ...]:
        """Own entries that still go on."""
        return tuple(entry for entry in self.own if entry.state in LIVE_ENTRY_STATES)


def find_run(pk: int) -> Run | None:
    """The run if it has a page, with campaign and stock."""
    return (
        public_runs().annotate(live_theme=live_theme("campaign_id")).filter(pk=pk).first()
        if pk < 2**63
        else None
    )


def run_page(run: Run, *, member_id: int | None, now: datetime) -> RunPage:
    """The page of a run in hand (``find_run``)."""
    plan = plan_of(run.pk, run.revision)
    own: list[Entry] = []
    if member_id is not None:
        own = list(_own(run, plan, member_id).order_by("-id")[:MOST_OWN])
        own.sort(key=lambda entry: entry.state not in LIVE_ENTRY_STATES)
    return RunPage(
        run=run,
        plan=plan,
        page=run_view(run, member_id=member_id, now=now),
        now=now,
        own=tuple(own),
        found=shelf(run, plan, member_id=member_id, now=now, most=3),
        stock=stock_left(run, plan),
        benefits=benefits(plan),
    )


def _own(run: Run, plan: Plan, member_id: int) -> QuerySet[Entry]:
    """Entries that the member opened; of a ranked mechanic also those where they have a seat: it is theirs as well."""
    mine = Q(owner_id=member_id)
    if plan.mechanic.is_ranked:
        seats = Contribution.objects.filter(run=run, member_id=member_id, is_seat=True)
        mine |= Q(pk__in=seats.exclude(state=PartState.VOID).values("entry_id"))
    return Entry.objects.filter(mine, run=run)


def shelf(
    run: Run, plan: Plan, *, member_id: int | None, now: datetime, most: int, before: int = 0
) -> tuple[Found, ...]:
    """Open entries for strangers, newest first, nothing where the mechanic hides them; ``before`` an id to go on."""
    if not plan.mechanic.is_browsable:
        return ()
    entries = joinable_entries(run=run, now=now).select_related("owner")
    if before:
        entries = entries.filter(pk__lt=before)
    return tuple(_found(entry, member_id) for entry in entries[:most])


def _found(entry: Entry, member_id: int | None) -> Found:
    taken = entry.count + entry.pending_count
    return Found(
        pk=entry.pk,
        code=entry.code,
        title=entry.title,
        name=public_name(entry.owner.nickname),
        initial=initial_of(entry.owner.nickname),
        hue=entry.owner_id % 6,
        left=None if entry.capacity is None else max(entry.capacity - taken, 0),
        taken=taken,
        photo=next(iter(file_names(entry.data)), ""),
        data=entry.data,
        expires_at=entry.expires_at,
        is_mine=entry.owner_id == member_id,
    )
