"""The page of a run or an entry for one viewer: the mechanic's own words, the same for API, phone pages and preview."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import QuerySet

from apps.campaigns.enums import PartState, RunState
from apps.campaigns.mechanics.base import Action, Actor, Page, Part, RunFacts, State, Turn, Verb
from apps.campaigns.models import Contribution, Entry, Run
from apps.campaigns.selectors.plans import plan_of
from apps.members.models import Member

#: A page's worth of contributions.
MOST_PARTS = 200


def page_of_run(*, run_id: int, member_id: int | None, now: datetime) -> Page:
    """The run before the viewer has opened an entry. Raises ``Run.DoesNotExist``."""
    return run_view(Run.objects.get(pk=run_id), member_id=member_id, now=now)


def page_of_entry(*, code: str, member_id: int | None, now: datetime) -> Page:
    """The entry as the viewer sees it: owner, friend or stranger. Raises ``Entry.DoesNotExist``."""
    return entry_view(Entry.objects.select_related("run").get(code=code), member_id=member_id, now=now)


def run_view(run: Run, *, member_id: int | None, now: datetime) -> Page:
    """As ``page_of_run``, from a run in hand."""
    return _page(run, None, member_id=member_id, now=now)


def live_rows(entry: Entry) -> list[Contribution]:
    """The entry's live contributions with member and order, oldest first, a page's worth of them."""
    return list(_live(entry).order_by("id")[:MOST_PARTS])


def entry_view(
    entry: Entry, *, member_id: int | None, now: datetime, rows: list[Contribution] | None = None
) -> Page:
    """As ``page_of_entry``, from an entry in hand with its run, and its ``live_rows`` if they are at hand too."""
    state = _state(entry, member_id, rows)
    codes = plan_of(entry.run_id, entry.run.revision).mechanic.linked(entry.data)
    if codes:
        others = Entry.objects.filter(run_id=entry.run_id, code__in=codes)
        state = replace(state, others={other.code: _state(other, member_id) for other in others})
    return _page(entry.run, state, member_id=member_id, now=now)


def _page(run: Run, state: State | None, *, member_id: int | None, now: datetime) -> Page:
    plan = plan_of(run.pk, run.revision)
    turn: Turn[Any] = Turn(
        rules=plan.rules,
        state=state,
        action=Action("look", Actor(member_id=member_id, is_new=_is_new(run, member_id))),
        run=RunFacts(run.pk, run.opens_at, run.closes_at),
        now=now,
        rng=Random(0),  # noqa: S311 - looking decides nothing
    )
    page = plan.mechanic.page(turn)
    offered = [
        button for button in page.buttons if _is_offered(plan.mechanic.verb(button.verb), run, state, now)
    ]
    return replace(page, buttons=tuple(offered))


def _is_offered(verb: Verb, run: Run, state: State | None, now: datetime) -> bool:
    """Would the engine take it now? A page may be older than the last tick, and must not offer what is refused."""
    if state is not None and state.expires_at is not None and state.expires_at <= now:
        return False
    if verb.after_close:
        return run.state not in (RunState.SCHEDULED, RunState.PAUSED, RunState.CANCELLED)
    return run.state == RunState.OPEN and run.opens_at <= now < run.closes_at


def _is_new(run: Run, member_id: int | None) -> bool:
    """As the engine judges it: first known to us after the run opened. Somebody unknown would be new."""
    if member_id is None:
        return True
    known = Member.objects.filter(pk=member_id).values_list("created_at", "joined_at").first()
    return known is None or min(at for at in known if at is not None) >= run.opens_at


def _live(entry: Entry) -> QuerySet[Contribution]:
    live = Contribution.objects.filter(entry=entry).exclude(state=PartState.VOID)
    return live.select_related("order", "member")


def _state(entry: Entry, member_id: int | None, rows: list[Contribution] | None = None) -> State:
    parts = [_part(row) for row in (live_rows(entry) if rows is None else rows)]
    mine = [part for part in parts if part.member_id == member_id]
    if member_id is not None and len(parts) == MOST_PARTS:
        own = _live(entry).filter(member_id=member_id).order_by("id")
        mine = [_part(row) for row in own[:MOST_PARTS]]
    return State(
        id=entry.pk,
        code=entry.code,
        owner_id=entry.owner_id,
        state=entry.state,
        count=entry.count,
        pending_count=entry.pending_count,
        score=entry.score,
        seed=entry.seed,
        opened_at=entry.opened_at,
        expires_at=entry.expires_at,
        data=entry.data,
        mine=tuple(mine) if member_id is not None else (),
        parts=tuple(parts),
    )


def _part(row: Contribution) -> Part:
    order = row.order
    return Part(
        id=row.pk,
        member_id=row.member_id,
        kind=row.kind,
        key=row.key,
        state=row.state,
        value=row.value,
        at=row.at,
        data=row.data,
        is_seat=row.is_seat,
        order_id=row.order_id,
        order_amount=order.amount if order else Decimal(0),
        is_paid=bool(order and order.paid_at),
        order_kept=order.paid_amount - order.refund_amount if order else Decimal(0),
        is_new=row.is_new_member,
    )
