"""The page of a run or an entry for one viewer: the mechanic's own words, the same for API, phone pages and preview."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import PartState, RunState
from apps.campaigns.mechanics.base import (
    Action,
    Actor,
    Button,
    CancelOrder,
    Page,
    Part,
    Refused,
    RunFacts,
    State,
    Turn,
    Verb,
)
from apps.campaigns.models import Contribution, Entry, Run
from apps.campaigns.selectors.holdout import is_held_out
from apps.campaigns.selectors.plans import Plan, plan_of
from apps.members.models import Member

#: A page's worth of contributions.
MOST_PARTS = 200
_NEWEST = 30


def page_of_run(*, run_id: int, member_id: int | None, now: datetime) -> Page:
    """The run before the viewer has opened an entry. Raises ``Run.DoesNotExist``."""
    return run_view(Run.objects.get(pk=run_id), member_id=member_id, now=now)


def page_of_entry(*, code: str, member_id: int | None, now: datetime) -> Page:
    """The entry as the viewer sees it: owner, friend or stranger. Raises ``Entry.DoesNotExist``."""
    return entry_view(Entry.objects.select_related("run").get(code=code), member_id=member_id, now=now)


def run_view(run: Run, *, member_id: int | None, now: datetime) -> Page:
    """As ``page_of_run``, from a run in hand."""
    return _page(run, None, member_id=member_id, now=now)


def live_rows(entry: Entry, member_id: int | None) -> list[Contribution]:
    """The entry's live contributions with member and order, oldest first: a page's worth of them, and beyond these
    the member's own and the newest. Two queries at most."""
    live = Contribution.objects.filter(entry=entry).exclude(state=PartState.VOID)
    rows = list(live.select_related("order", "member").order_by("id")[:MOST_PARTS])
    if len(rows) == MOST_PARTS:
        further = live.filter(pk__gt=rows[-1].pk)
        newest = Q(pk__in=further.order_by("-id").values("pk")[:_NEWEST])
        rows += (
            further.filter(newest | Q(member_id=member_id)).select_related("order", "member").order_by("id")
        )
    return rows


def entry_view(
    entry: Entry, *, member_id: int | None, now: datetime, rows: list[Contribution] | None = None
) -> Page:
    """As ``page_of_entry``, from an entry in hand with its run, and its ``live_rows`` if they are at hand too."""
    return _page(entry.run, _scene(entry, member_id, rows), member_id=member_id, now=now)


def ways_out(entry: Entry, *, order_id: int, member_id: int, now: datetime) -> list[Button]:
    """The viewer's buttons that would cancel this unpaid order of theirs, none if the mechanic offers none.

    The mechanic's own decision is asked, which is pure (C12): no mechanic has to say it a second time.
    """
    plan = plan_of(entry.run_id, entry.run.revision)
    state = _scene(entry, member_id)
    part = next((part for part in state.mine if part.order_id == order_id and not part.is_paid), None)
    if part is None:
        return []
    turn = _look(plan, entry.run, state, member_id=member_id, now=now)
    found = []
    for button in _page(entry.run, state, member_id=member_id, now=now).buttons:
        if button.why_not or plan.mechanic.verb(button.verb).params:
            continue
        action = Action(button.verb, turn.action.actor)
        try:
            cancelled = plan.mechanic.decide(replace(turn, action=action)).of(CancelOrder)
        except Refused:
            continue
        if any(effect.part_id == part.id for effect in cancelled):
            found.append(button)
    return found


def _scene(entry: Entry, member_id: int | None, rows: list[Contribution] | None = None) -> State:
    state = _state(entry, member_id, live_rows(entry, member_id) if rows is None else rows)
    codes = plan_of(entry.run_id, entry.run.revision).mechanic.linked(entry.data)
    if not codes:
        return state
    others = Entry.objects.filter(run_id=entry.run_id, code__in=codes)
    known = {other.code: _state(other, member_id, live_rows(other, member_id)) for other in others}
    return replace(state, others=known)


def _look(plan: Plan, run: Run, state: State | None, *, member_id: int | None, now: datetime) -> Turn[Any]:
    return Turn(
        rules=plan.rules,
        state=state,
        action=Action("look", Actor(member_id=member_id, is_new=_is_new(run, member_id))),
        run=RunFacts(run.pk, run.opens_at, run.closes_at),
        now=now,
        rng=Random(0),  # noqa: S311 - looking decides nothing
    )


def _page(run: Run, state: State | None, *, member_id: int | None, now: datetime) -> Page:
    plan = plan_of(run.pk, run.revision)
    page = plan.mechanic.page(_look(plan, run, state, member_id=member_id, now=now))
    if _is_held_out(plan, run, state, member_id):
        text = _("这次活动暂时没有对你开放：每次会随机留出一小部分老朋友，和你的账号无关。别的活动见。")
        return replace(page, buttons=(), text=text)
    offered = [
        button for button in page.buttons if _is_offered(plan.mechanic.verb(button.verb), run, state, now)
    ]
    return replace(page, buttons=tuple(offered))


def _is_held_out(plan: Plan, run: Run, state: State | None, member_id: int | None) -> bool:
    """As the engine judges it: nobody is kept from their own entry, and nobody new is held out."""
    if member_id is None or not plan.holdout_percent or (state is not None and state.owner_id == member_id):
        return False
    chosen = is_held_out(campaign_id=plan.campaign_id, member_id=member_id, percent=plan.holdout_percent)
    return chosen and not _is_new(run, member_id)


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


def _state(entry: Entry, member_id: int | None, rows: list[Contribution]) -> State:
    parts = [_part(row) for row in rows]
    mine = [part for part in parts if part.member_id == member_id]
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
        parts=tuple(parts[:MOST_PARTS]),
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
