"""What is typed into the wizard, understood as far as it goes: the page and its live panels read the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.http import QueryDict

from apps.accounts.models import User
from apps.campaigns.admin.campaign_form import CampaignForm
from apps.campaigns.admin.gift_rows import TypedGifts, choosable, stored_gifts, typed_gifts
from apps.campaigns.admin.risk_inputs import TypedRisk, typed_risk
from apps.campaigns.admin.rule_inputs import (
    RuleInput,
    as_json,
    nearest_rules,
    rule_inputs,
    shown_values,
    typed_values,
)
from apps.campaigns.enums import Repeat
from apps.campaigns.mechanics.base import Mechanic, Rules, Slot
from apps.campaigns.models import Benefit, Campaign
from apps.campaigns.selectors.economics import Economics, economics_of
from apps.campaigns.selectors.rehearsal import Screen, rehearse
from apps.campaigns.services.recurrence import Recurrence, describe, moment_in_words, occurrences, window_end
from apps.core.errors import Invalid

_STARTS_SHOWN = 5


@dataclass(frozen=True)
class Schedule:
    """The rhythm in words with its next starts, or what is missing to say so."""

    words: str = ""
    starts: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class Typed:
    """``rules`` are those to go on with: as typed, or the nearest that work. ``wrong`` says which do not."""

    mechanic: Mechanic[Any]
    form: CampaignForm
    inputs: list[RuleInput]
    rules_json: dict[str, Any]
    rules: Rules
    wrong: Mapping[str, Invalid]
    benefits: list[Benefit]
    gifts: TypedGifts
    risk: TypedRisk

    @property
    def slots(self) -> list[Slot]:
        return self.mechanic.slots(self.rules)

    @property
    def is_right(self) -> bool:
        """Can it be stored? Calls the form's validation."""
        return self.form.is_valid() and not (self.wrong or self.gifts.wrong or self.risk.is_wrong)

    def number(self, name: str) -> Any:
        """A number of the form as far as it is understood, else as it is stored."""
        if self.form.is_bound:
            self.form.is_valid()
            return self.form.cleaned_data.get(name)
        return getattr(self.form.instance, name)

    def economics(self) -> Economics:
        return economics_of(
            mechanic=self.mechanic,
            rules=self.rules,
            gifts=self.gifts.kept(self.slots),
            entries=self.number("expected_entries") or 0,
            budget=self.number("budget"),
            stock=self.number("stock"),
        )

    def screens(self, now: datetime) -> list[Screen]:
        return rehearse(self.mechanic, self.rules, now=now)

    def schedule(self, now: datetime) -> Schedule:
        """From the bound form, or from the campaign as stored."""
        if self.form.is_bound:
            self.form.is_valid()
            values = self.form.cleaned_data
        else:
            names = ("repeat", "timezone", "starts_at", "repeat_until", "at_time", "weekdays", "month_days")
            values = {name: getattr(self.form.instance, name) for name in (*names, "duration_minutes")}
            values["at_time"] = values["at_time"] or self.form.initial.get("at_time")
        return schedule_of(values, now=now)


def schedule_of(values: Mapping[str, Any], *, now: datetime) -> Schedule:
    """``values`` are fields of ``Campaign``; some may be absent while they are being typed."""
    try:
        plan = Recurrence(
            repeat=Repeat(values.get("repeat") or Repeat.ONCE),
            timezone=values.get("timezone") or "Asia/Shanghai",
            starts_at=values.get("starts_at"),
            until=values.get("repeat_until"),
            at_time=values.get("at_time"),
            weekdays=frozenset(values.get("weekdays") or ()),
            month_days=frozenset(values.get("month_days") or ()),
            duration=timedelta(minutes=values.get("duration_minutes") or 0),
        )
    except Invalid as error:
        return Schedule(missing=str(error))
    starts = islice(occurrences(plan, now), _STARTS_SHOWN)
    lines = tuple(
        f"{moment_in_words(start, plan.timezone)} → {moment_in_words(window_end(plan, start), plan.timezone)}"
        for start in starts
    )
    return Schedule(words=describe(plan), starts=lines)


def typed_in(
    post: QueryDict | None, *, mechanic: Mechanic[Any], campaign: Campaign | None, user: User
) -> Typed:
    """From a posted form, or from the campaign as stored (a new one: its mechanic's defaults)."""
    rules_type = mechanic.rules_type
    instance = campaign or Campaign(mechanic=mechanic.key, team=user.teams.first())
    benefits = choosable(user, campaign)
    if post is None:
        values = shown_values(rules_type, instance.rules)
        gifts = stored_gifts(campaign)
    else:
        values = typed_values(rules_type, post)
        gifts = typed_gifts(post, benefits)
    data = as_json(rules_type, values)
    wrong = rules_type.check(data)
    return Typed(
        mechanic=mechanic,
        form=CampaignForm(post, instance=instance, user=user),
        inputs=rule_inputs(rules_type, values, wrong if post is not None else {}),
        rules_json=data,
        rules=nearest_rules(rules_type, data, wrong),
        wrong=wrong,
        benefits=benefits,
        gifts=gifts,
        risk=typed_risk(post, instance.risk or {}),
    )
