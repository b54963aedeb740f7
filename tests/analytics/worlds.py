"""Random worlds of facts, with the odd ones in them."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from apps.analytics.metrics.facts import KEYS
from apps.analytics.selectors.periods import Period
from apps.events.models import Event
from tests.analytics.facts import fact

KINDS = (
    "group.joined", "group.joined", "group.left", "order.created", "order.paid", "order.paid", "order.refunded",
    "order.cost", "campaign.entered", "campaign.contributed", "campaign.contributed", "campaign.voided",
    "benefit.granted", "benefit.voided", "coupon.redeemed", "coupon.returned", "page.viewed", "page.visited",
    "visit.converted", "link.clicked", "member.registered", "member.messaged", "group.checked_in", "spend.recorded",
    "post.sent", "post.failed", "points.changed", "campaign.succeeded", "campaign.succeeded", "campaign.failed",
)  # fmt: skip
_MONEY = ("order.created", "order.paid", "order.refunded", "order.cost", "benefit.granted", "spend.recorded")


def moments(rng: random.Random, period: Period) -> datetime:
    """Any time from 40 days before to 5 days after, and often right at a midnight of the period's zone."""
    if rng.random() < 0.25:
        day = rng.choice(
            [period.start, period.end, period.start + timedelta(days=rng.randrange(period.days))]
        )
        return day + rng.choice([timedelta(0), -timedelta(milliseconds=1), timedelta(milliseconds=1)])
    return period.start + timedelta(minutes=rng.randrange(-40 * 1440, (period.days + 5) * 1440))


def world(rng: random.Random, period: Period, facts: int) -> Iterator[Event]:
    """Groups 1–4 belong to team 1, 5–6 to team 2, 7 to none; campaign facts name their group sometimes."""
    for number in range(facts):
        kind = rng.choice(KINDS)
        group = rng.randrange(1, 8)
        team = 1 if group < 5 else 2 if group < 7 else None
        in_group = kind.startswith("group.") or rng.random() < 0.6
        yield fact(
            kind,
            moments(rng, period),
            key=f"w:{number}",
            team_id=team,
            group_id=group if in_group else None,
            member_id=rng.randrange(1, 25) if rng.random() < 0.95 else None,
            actor_id=rng.choice([None, 1, 2]),
            value=_value(rng, kind),
            subject=f"post:{rng.randrange(1, 4)}:{group}:0:0" if kind.startswith("post.") else "",
            tier_id=rng.choice([None, 1, 2]),
            source=rng.choice([None, "", "扫码", "朋友"]),
            data=_data(rng, kind),
        )


def _value(rng: random.Random, kind: str) -> float | None:
    if kind == "points.changed":
        return rng.choice([-50, -1, 1, 200])
    if kind in _MONEY:
        return rng.randrange(1, 10_000) / 100
    return -rng.randrange(1, 1_000) / 100 if kind == "benefit.voided" else None


def _data(rng: random.Random, kind: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, values in {
        "campaign": [1, 2], "run": [11, 12], "post": [1, 2, 3], "channel": ["抖音", "门店"],
        "inviter": [3, 4], "link": [8, 9],
    }.items():  # fmt: skip
        if rng.random() < 0.5:
            data[name] = rng.choice(values)
    if kind in ("campaign.contributed", "campaign.voided"):
        data |= {"kind": rng.choice(["help", "seat"]), "owner": rng.randrange(1, 25)}
        if rng.random() < 0.7:
            data["is_new"] = rng.random() < 0.6
    if kind.startswith("benefit."):
        data |= {"kind": rng.choice(["coupon", "code"]), "quantity": rng.choice([1, 1, 3])}
    return data


def keys_of(dim: str) -> list[str]:
    """Keys that such a world may have, and one that it has not."""
    from apps.analytics.enums import Dimension

    assert dim in {"", *KEYS}
    return {
        Dimension.TOTAL: [""],
        Dimension.GROUP: ["1", "5", "99"],
        Dimension.CAMPAIGN: ["1"],
        Dimension.RUN: ["11", "99"],
        Dimension.POST: ["2"],
        Dimension.CHANNEL: ["抖音"],
        Dimension.STAFF: ["1"],
        Dimension.TIER: ["2"],
        Dimension.SOURCE: ["扫码"],
        Dimension.INVITER: ["3"],
        Dimension.LINK: ["8"],
    }[Dimension(dim)]
