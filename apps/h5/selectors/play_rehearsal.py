"""A mechanic's play page in every state, with people who are made up and said to be: for previews by staff."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import Part
from apps.campaigns.models import Campaign, Entry, Run
from apps.campaigns.selectors.names import initial_of, public_name
from apps.campaigns.selectors.rehearsal import Screen, rehearse
from apps.h5.selectors.entry_page import PUBLIC_STATES, EntryPage, Person, Prize
from apps.h5.selectors.landing_facts import Facts, rehearsed
from apps.h5.selectors.run_page import RunPage

_HUES = 6
#: Before the run opens and when nothing is left, there is no entry to rehearse.
_RUN_MOODS = {"waiting": "before", "sold_out": "sold_out", "ended": "ended"}


@dataclass(frozen=True)
class Rehearsed:
    """One screen: ``offer`` for the run's page, ``entry`` for an entry's."""

    key: str
    title: str
    facts: Facts
    offer: RunPage | None = None
    entry: EntryPage | None = None


def screens_of(campaign: Campaign, *, now: datetime) -> list[tuple[str, str]]:
    """Key and title of every state. Raises ``Invalid`` when the rules do not load yet."""
    facts = rehearsed(campaign, mood="open", now=now)
    found = [(screen.key, str(screen.title)) for screen in _rehearse(facts)]
    return [("waiting", _("还没开始")), *found, ("sold_out", _("已抢光")), ("ended", _("本期结束"))]


def screen_of(campaign: Campaign, key: str, *, now: datetime) -> Rehearsed | None:
    """The screen with ``key``, ``None`` if the rules never come to it."""
    titles = dict(screens_of(campaign, now=now))
    if key in _RUN_MOODS:
        facts = rehearsed(campaign, mood=_RUN_MOODS[key], now=now)
        return Rehearsed(key, titles[key], facts, offer=_offer(facts, now))
    facts = rehearsed(campaign, mood="open", now=now)
    screen = next((one for one in _rehearse(facts) if one.key == key), None)
    if screen is None:
        return None
    if screen.look.state is None:
        return Rehearsed(key, titles[key], facts, offer=_offer(facts, now))
    return Rehearsed(key, titles[key], facts, entry=_entry(facts, screen, now))


def _rehearse(facts: Facts) -> list[Screen]:
    hours = int((facts.run.closes_at - facts.now).total_seconds() // 3600)
    return rehearse(facts.mechanic, facts.plan.rules, now=facts.now, hours=hours)


def _offer(facts: Facts, now: datetime) -> RunPage:
    return RunPage(
        run=_numbered(facts.run),
        plan=facts.plan,
        page=facts.page,
        now=now,
        own=(),
        found=(),
        stock=facts.stock,
        benefits=facts.gifts,
    )


def _numbered(run: Run) -> Run:
    """Links of the page need a number; no run has this one."""
    run.pk = run.pk or 0
    return run


def _entry(facts: Facts, screen: Screen, now: datetime) -> EntryPage:
    look = screen.look
    state = look.state
    assert state is not None
    is_mine = look.viewer == state.owner_id
    entry = Entry(
        run=_numbered(facts.run),
        code="sample",
        title=str(state.data.get("title", ""))[:60],
        state=state.state,
        count=state.count,
        pending_count=state.pending_count,
        score=state.score,
        capacity=look.capacity,
        opened_at=state.opened_at,
        expires_at=state.expires_at,
        data=state.data,
        owner_id=state.owner_id,
    )
    people = tuple(_person(part, look.viewer, state.owner_id) for part in state.parts)
    return EntryPage(
        entry=entry,
        run=entry.run,
        plan=facts.plan,
        page=look.page,
        now=now,
        is_mine=is_mine,
        is_known=True,
        owner_name=public_name(_name(state.owner_id)),
        owner_initial=initial_of(_name(state.owner_id)),
        owner_hue=state.owner_id % _HUES,
        people=people,
        data=state.data if is_mine or state.state in PUBLIC_STATES else {},
        photos=(),
        others={},
        prizes=_prizes(facts) if state.state == EntryState.WON and is_mine else (),
        debt=None,
        standing=None,
        done=None,
    )


def _person(part: Part, viewer: int, owner: int) -> Person:
    is_mine = part.member_id == viewer
    name = _name(part.member_id)
    return Person(
        part_id=part.id,
        name=public_name(name),
        initial=initial_of(name),
        hue=part.member_id % _HUES,
        kind=part.kind,
        state=part.state,
        value=part.value,
        at=part.at,
        is_seat=part.is_seat,
        is_mine=is_mine,
        is_owner=part.member_id == owner,
        data=part.data if is_mine or viewer == owner else {},
    )


def _prizes(facts: Facts) -> tuple[Prize, ...]:
    """What the first slot promises, as if it had just been given."""
    given = facts.gifts[0]["benefits"] if facts.gifts else []
    return tuple(
        Prize(
            name=one["name"],
            kind=one["kind"],
            quantity=one["quantity"],
            face_value=one["face_value"],
            state="issued",
            is_held=False,
            needs_address=False,
        )
        for one in given
    )


def _name(member_id: int) -> str:
    return (_("鹿示例"), _("马示例"), _("林示例"), _("周示例"), _("夏示例"), _("安示例"))[member_id % 6]
