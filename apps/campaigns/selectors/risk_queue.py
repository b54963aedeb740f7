"""风控复核: entries that wait for a person, with all that the decision needs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from apps.accounts.models import User
from apps.campaigns.enums import COSTED_GRANT_STATES, FlagState, GrantState, PartState
from apps.campaigns.models import Contribution, Entry, Flag, Grant, Run
from apps.campaigns.risk.policy import HOLD_FROM

#: Contributions that a card shows, the latest.
TIMELINE = 40


@dataclass
class Case:
    """One entry in doubt. ``parts``: the latest contributions, oldest first, each with its open flags. ``stake``:
    what the entry's grants cost, ``held`` and ``arrived`` apart, in yuan."""

    entry: Entry
    score: int
    hold_from: int
    flags: list[Flag] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    parts: list[tuple[Contribution, list[Flag]]] = field(default_factory=list)

    @property
    def rules(self) -> list[tuple[Flag, int, int]]:
        """Each rule once: its weightiest flag, how many flags it has, and their sum."""
        found: dict[str, list[Flag]] = defaultdict(list)
        for flag in self.flags:
            found[flag.rule].append(flag)
        groups = [(max(flags, key=lambda one: one.score), flags) for flags in found.values()]
        rows = [(worst, len(flags), sum(one.score for one in flags)) for worst, flags in groups]
        return sorted(rows, key=lambda row: -row[2])

    @property
    def appeals(self) -> list[str]:
        return list(dict.fromkeys(flag.appeal for flag in self.flags if flag.appeal))

    @property
    def held(self) -> list[Grant]:
        return [grant for grant in self.grants if grant.state == GrantState.HELD]

    @property
    def held_cost(self) -> Decimal:
        return sum((grant.cost for grant in self.held), Decimal(0))

    @property
    def arrived(self) -> list[Grant]:
        """Given and no longer held: the report of what was found too late."""
        return [
            grant
            for grant in self.grants
            if grant.state in COSTED_GRANT_STATES and grant.state != GrantState.HELD
        ]

    @property
    def arrived_cost(self) -> Decimal:
        return sum((grant.cost for grant in self.arrived), Decimal(0))

    @property
    def may_strike(self) -> bool:
        """Is there a contribution of its own to void?"""
        return any(flags and part.state != PartState.VOID for part, flags in self.parts)


def suspicious(user: User, *, run: Run | None = None, is_all: bool = False) -> QuerySet[Entry]:
    """Entries with open flags that ``user`` may see (S1), heaviest first: those that are held, or reach their
    campaign's threshold; with ``is_all`` the lighter ones too. Annotated with ``open_score`` and ``hold_from``."""
    hold = Cast(KeyTextTransform("hold_from", KeyTransform("risk", "run__plan")), IntegerField())
    rows = (
        Entry.objects.visible_to(user)
        .filter(flags__state=FlagState.OPEN)
        .annotate(
            open_score=Sum("flags__score"),
            hold_from=Coalesce(hold, Value(HOLD_FROM)),
            is_held=Exists(Grant.objects.filter(entry=OuterRef("pk"), state=GrantState.HELD)),
        )
    )
    if run is not None:
        rows = rows.filter(run=run)
    if not is_all:
        rows = rows.filter(Q(open_score__gte=F("hold_from")) | Q(is_held=True))
    return rows.order_by("-is_held", "-open_score", "pk")


def count_suspicious(user: User) -> int:
    """How many entries wait: the badge."""
    return suspicious(user).order_by().count()


def cases(rows: Sequence[Any]) -> list[Case]:
    """Entries of ``suspicious`` with flags, grants and timeline: four queries for any number of them."""
    entries = {
        entry.pk: entry
        for entry in Entry.objects.filter(pk__in=[row.pk for row in rows]).select_related(
            "owner", "run__campaign"
        )
    }
    found = {row.pk: Case(entries[row.pk], row.open_score, row.hold_from) for row in rows}
    flags = Flag.objects.filter(entry__in=entries, state=FlagState.OPEN).select_related("member")
    by_part: dict[int, list[Flag]] = defaultdict(list)
    for flag in flags.order_by("pk"):
        found[flag.entry_id].flags.append(flag)
        if flag.contribution_id is not None:
            by_part[flag.contribution_id].append(flag)
    grants = Grant.objects.filter(entry__in=entries).exclude(state=GrantState.VOID)
    for grant in grants.select_related("benefit", "member").defer("address").order_by("pk"):
        found[grant.entry_id].grants.append(grant)
    latest = (
        Contribution.objects.filter(entry=OuterRef("entry"))
        .order_by("-id")
        .values("pk")[TIMELINE : TIMELINE + 1]
    )
    parts = (
        Contribution.objects.filter(entry__in=entries)
        .filter(pk__gt=Coalesce(latest, Value(0)))
        .select_related("member")
    )
    for part in parts.order_by("pk"):
        found[part.entry_id].parts.append((part, by_part.get(part.pk, [])))
    return list(found.values())
