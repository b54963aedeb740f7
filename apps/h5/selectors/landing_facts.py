"""What a landing page says of its run: real numbers, real events, the rules it plays by. The same for everybody."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import Count, F, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.campaigns.api.shapes import benefits, stock_left
from apps.campaigns.enums import EntryState, PartState, RunState
from apps.campaigns.mechanics.base import Action, Actor, Mechanic, Offer, Page, RunFacts, Turn
from apps.campaigns.mechanics.base.rules import Text
from apps.campaigns.models import Campaign, Contribution, Entry, Run, RunStock
from apps.campaigns.selectors.names import public_name
from apps.campaigns.selectors.plans import Plan, read_plan
from apps.campaigns.selectors.public_runs import public_runs
from apps.campaigns.services.runs.freezing import freeze_plan

MOODS = ("before", "open", "paused", "sold_out", "ended")
_MOST_EVENTS = 12


@dataclass(frozen=True)
class Happening:
    """Somebody took part: ``name`` as strangers see it; ``began`` tells an entry opened from one joined."""

    name: str
    began: bool
    at: datetime
    ago: str


@dataclass(frozen=True)
class Facts:
    """``mood`` is one of ``MOODS``. ``entries`` and ``parts`` are counted from rows, cancelled ones left out."""

    run: Run
    campaign: Campaign
    plan: Plan
    page: Page
    mood: str
    now: datetime
    offer: Offer | None
    gifts: list[dict[str, Any]]
    stock: dict[str, Any] | None
    entries: int = 0
    parts: int = 0
    won: int = 0
    happenings: tuple[Happening, ...] = ()
    next_run: Run | None = None

    @property
    def mechanic(self) -> Mechanic[Any]:
        return self.plan.mechanic

    @property
    def opening(self) -> Text:
        """What the button that begins says, with the price if the mechanic's page says it."""
        key = self.mechanic.opening.key
        offered = (button.label for button in self.page.buttons if button.verb == key)
        return next(offered, self.mechanic.opening.label)

    @property
    def title(self) -> str:
        return self.plan.title or self.campaign.title

    @property
    def headline(self) -> str:
        return self.campaign.headline or self.title

    @property
    def now_seconds(self) -> int:
        """The server's clock for countdowns, in seconds since 1970."""
        return int(self.now.timestamp())

    @property
    def sold_percent(self) -> int:
        """Of the stock; 100 only when nothing is left."""
        if not self.stock:
            return 0
        return (self.stock["total"] - self.stock["left"]) * 100 // max(self.stock["total"], 1)

    @property
    def is_nearly_gone(self) -> bool:
        return self.stock is not None and 0 < self.stock["left"] * 10 <= self.stock["total"]

    @property
    def until(self) -> datetime | None:
        """What the countdown runs to: the start, then the end; nothing once it is over."""
        if self.mood == "before":
            return self.run.opens_at
        return self.run.closes_at if self.mood in ("open", "sold_out") else None

    @property
    def terms(self) -> list[str]:
        """The rules of this run in words: time, people, times, and the mechanic's own."""
        zone = timezone.get_current_timezone()
        opens, closes = (
            date_format(at.astimezone(zone), "Y-m-d H:i") for at in (self.run.opens_at, self.run.closes_at)
        )
        lines = [_("时间：%(opens)s 到 %(closes)s。") % {"opens": opens, "closes": closes}]
        who = self.plan.eligibility
        if who.is_new_only:
            lines.append(_("对象：本期开始后新加入的成员。"))
        elif not who.is_open:
            lines.append(_("对象：符合条件的成员，登录后可以看到自己能不能参加。"))
        if self.plan.entries_per_member:
            lines.append(
                _("每人最多发起 %(n)d 次“%(word)s”。")
                % {"n": self.plan.entries_per_member, "word": self.mechanic.entry_word}
            )
        if self.plan.contributions_per_member:
            lines.append(
                _("每人最多参与 %(n)d 次“%(word)s”。")
                % {"n": self.plan.contributions_per_member, "word": self.mechanic.part_word}
            )
        if self.stock:
            lines.append(
                _("数量：共 %(n)d %(unit)s，送完为止。")
                % {"n": self.stock["total"], "unit": self.stock["unit"]}
            )
        return [*lines, *(str(line) for line in self.page.lines)]


def find_run(pk: int) -> Run | None:
    """The run if it has a page, with its campaign and stock."""
    return public_runs().filter(pk=pk).first() if 0 < pk < 2**63 else None


def facts_of(run: Run, *, now: datetime) -> Facts:
    """Everything of ``run`` (from ``find_run``) that its page may say."""
    facts = _plain_facts(run, run.campaign, read_plan(run), now)
    counted = (
        Entry.objects.filter(run=run)
        .exclude(state=EntryState.CANCELLED)
        .aggregate(entries=Count("id"), parts=Sum("count"))
    )
    facts = replace(
        facts,
        entries=counted["entries"],
        parts=int(counted["parts"] or 0),
        happenings=_happenings(run, now),
    )
    if facts.mood != "ended":
        return facts
    coming = public_runs().filter(campaign=run.campaign_id, opens_at__gt=run.opens_at, closes_at__gt=now)
    return replace(
        facts,
        won=Entry.objects.filter(run=run, state=EntryState.WON).count(),
        next_run=coming.order_by("opens_at").first(),
    )


def rehearsed(campaign: Campaign, *, mood: str, now: datetime) -> Facts:
    """As if ``campaign`` had a run in ``mood``, from its present rules: for previews. Nobody has taken part.

    Raises ``Invalid`` when the rules do not load yet.
    """
    length = timedelta(minutes=campaign.duration_minutes)
    opens = {"before": now + timedelta(hours=2), "ended": now - length - timedelta(hours=1)}.get(
        mood, now - length / 2
    )
    state = {"before": RunState.SCHEDULED, "paused": RunState.PAUSED, "ended": RunState.SETTLED}
    run = Run(
        campaign=campaign,
        number=1,
        mechanic=campaign.mechanic,
        state=state.get(mood, RunState.OPEN),
        opens_at=opens,
        closes_at=opens + length,
        plan=freeze_plan(campaign),
    )
    stock = campaign.stock
    if mood == "sold_out":
        stock = stock or 100
    run.stock = RunStock(run=run, stock=stock, sold=stock if mood == "sold_out" and stock else 0)
    return replace(_plain_facts(run, campaign, read_plan(run), now), mood=mood)


def _plain_facts(run: Run, campaign: Campaign, plan: Plan, now: datetime) -> Facts:
    stock = stock_left(run, plan)
    turn: Turn[Any] = Turn(
        rules=plan.rules,
        state=None,
        action=Action("look", Actor(member_id=None, is_new=True)),
        run=RunFacts(run.pk or 0, run.opens_at, run.closes_at),
        now=now,
        rng=Random(0),  # noqa: S311 - looking decides nothing
    )
    return Facts(
        run=run,
        campaign=campaign,
        plan=plan,
        page=plan.mechanic.page(turn),
        mood=_mood(run, stock, now),
        now=now,
        offer=plan.mechanic.offer(plan.rules),
        gifts=benefits(plan),
        stock=stock,
    )


def _mood(run: Run, stock: dict[str, Any] | None, now: datetime) -> str:
    if run.state == RunState.SCHEDULED or now < run.opens_at:
        return "before"
    if run.state not in (RunState.OPEN, RunState.PAUSED) or now >= run.closes_at:
        return "ended"
    if run.state == RunState.PAUSED:
        return "paused"
    return "sold_out" if stock and not stock["left"] else "open"


def _happenings(run: Run, now: datetime) -> tuple[Happening, ...]:
    """The latest real ones, newest first. The first seat of one's own entry is the same event as opening it."""
    began = (
        Entry.objects.filter(run=run, state__in=[EntryState.OPEN, EntryState.MATCHED, EntryState.WON])
        .order_by("-id")
        .values_list("owner__nickname", "opened_at")[:_MOST_EVENTS]
    )
    joined = (
        Contribution.objects.filter(run=run, state=PartState.COUNTED)
        .exclude(member_id=F("entry__owner_id"))
        .order_by("-id")
        .values_list("member__nickname", "at")[:_MOST_EVENTS]
    )
    found = [
        *(Happening(public_name(name), True, at, _ago(now - at)) for name, at in began),
        *(Happening(public_name(name), False, at, _ago(now - at)) for name, at in joined),
    ]
    recent = sorted((one for one in found if one.at <= now), key=lambda one: one.at, reverse=True)
    return tuple(recent[:_MOST_EVENTS])


def _ago(passed: timedelta) -> str:
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return _("刚刚")
    if minutes < 60:
        return _("%(n)d 分钟前") % {"n": minutes}
    if minutes < 24 * 60:
        return _("%(n)d 小时前") % {"n": minutes // 60}
    return _("%(n)d 天前") % {"n": minutes // (24 * 60)}


def price_words(amount: Decimal) -> str:
    """``49``, ``49.9``, ``49.99``: yuan without idle zeros."""
    return f"{amount:.2f}".rstrip("0").rstrip(".")
