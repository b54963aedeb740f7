"""Visits for tests: plain rows, no services."""

from datetime import datetime
from itertools import count
from typing import Any

from apps.campaigns.enums import LandingState, Variant
from apps.campaigns.models import Campaign, LandingVersion, Run
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion, Touch, Visitor
from apps.members.models import Member
from tests.campaigns.factories import make_member

_numbers = count(1)


def make_version(
    campaign: Campaign,
    variant: str = Variant.A,
    *,
    state: str = LandingState.LIVE,
    published_at: datetime | None = None,
    **fields: Any,
) -> LandingVersion:
    number = campaign.landing_versions.count() + 1
    return LandingVersion.objects.create(
        campaign=campaign, number=number, variant=variant, state=state, published_at=published_at, **fields
    )


def visit(run: Run, at: datetime, *, visitor: Visitor | None = None, **fields: Any) -> Touch:
    """Somebody (new, unless said who) comes to the run."""
    if visitor is None:
        visitor = Visitor.objects.create(token_hash=f"{next(_numbers):064d}", first_seen_at=at)
    version = fields.pop("version", None)
    if version is not None:
        fields |= {"version_id": version.pk, "variant": version.variant}
    return Touch.objects.create(visitor=visitor, run=run, at=at, **fields)


def convert(
    touch: Touch,
    kind: ConversionKind,
    at: datetime,
    *,
    member: Member | None = None,
    first: Touch | None = None,
) -> Conversion:
    """The visit led to something of ``kind``."""
    return Conversion.objects.create(
        kind=kind,
        ref=next(_numbers),
        run=touch.run,
        member=member or make_member(),
        first_touch=first or touch,
        last_touch=touch,
        at=at,
    )
