"""What happened, as plain sums under names that the rules of ``diagnosis`` read."""

from collections.abc import Collection, Sequence
from typing import Final

from apps.analytics.enums import Dimension
from apps.analytics.metrics.facts import ACTIVE, AGAIN, ISSUED
from apps.analytics.selectors.figures import figures
from apps.analytics.selectors.kept import Kept
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.windows import Window, kept_in
from apps.events.enums import EventKind as Kind

#: Members who did it.
_PEOPLE: Final = {"active": ACTIVE, "buyers": Kind.ORDER_PAID}
_COUNTS: Final = {
    "viewed": Kind.PAGE_VIEWED,
    "entered": Kind.CAMPAIGN_ENTERED,
    "contributed": Kind.CAMPAIGN_CONTRIBUTED,
    "voided": Kind.CAMPAIGN_VOIDED,
    "succeeded": Kind.CAMPAIGN_SUCCEEDED,
    "failed": Kind.CAMPAIGN_FAILED,
    "orders_created": Kind.ORDER_CREATED,
    "orders_lapsed": Kind.ORDER_LAPSED,
    "orders": Kind.ORDER_PAID,
    "coupons_used": Kind.COUPON_REDEEMED,
    "joined": Kind.GROUP_JOINED,
    "left": Kind.GROUP_LEFT,
    "posts_sent": Kind.POST_SENT,
    "posts_failed": Kind.POST_FAILED,
}
_VALUES: Final = {"paid": Kind.ORDER_PAID, "refunded": Kind.ORDER_REFUNDED}
_KINDS: Final = {
    *_COUNTS.values(),
    *_PEOPLE.values(),
    *_VALUES.values(),
    Kind.BENEFIT_GRANTED,
    Kind.BENEFIT_VOIDED,
    ISSUED,
    AGAIN,
    Kind.SPEND_RECORDED,
    Kind.ORDER_COST,
}

type Sums = dict[str, float]


def sums_of(
    *,
    scope: Scope,
    period: Period,
    dim: Dimension = Dimension.TOTAL,
    keys: Collection[str] | None = None,
) -> dict[str, Sums]:
    """{key: {name: number}}; money in yuan. At most five queries, whatever the keys and the period."""
    found = figures(scope=scope, period=period, kinds=_KINDS, dim=dim, keys=keys, sets=_sets(dim))
    return {key: _sums(kept) for key, kept in found.items()}


def sums_in(windows: Sequence[Window], *, scope: Scope, dim: Dimension) -> list[Sums]:
    """The same of each window, in their order. At most two queries."""
    found = kept_in(windows, scope=scope, kinds=_KINDS, dim=dim, sets=_sets(dim))
    return [_sums(kept) for kept in found]


def _sets(dim: Dimension) -> list[str]:
    return ["in"] if dim in {Dimension.TOTAL, Dimension.GROUP} else []


def _sums(kept: Kept) -> Sums:
    sums: Sums = {name: float(kept.count(kind)) for name, kind in _COUNTS.items()}
    sums |= {name: float(kept.value(kind)) for name, kind in _VALUES.items()}
    sums |= {name: float(len(kept.people(kind))) for name, kind in _PEOPLE.items()}
    sums["new_members"] = float(kept.count(Kind.CAMPAIGN_CONTRIBUTED, "*+new"))
    sums["buyers_again"] = float(len(kept.repeated(Kind.ORDER_PAID)))
    sums["coupons_issued"] = max(float(kept.value(ISSUED)), 0.0)
    # What was taken back is a negative value of its own.
    cost = kept.value(Kind.BENEFIT_GRANTED) + kept.value(Kind.BENEFIT_VOIDED)
    sums["reward_cost"] = max(float(cost), 0.0)
    sums["spend"] = float(kept.value(Kind.SPEND_RECORDED))
    sums["product_cost"] = float(kept.value(Kind.ORDER_COST))
    sums["revenue"] = sums["paid"] - sums["refunded"]
    sums["stayed"] = max(sums["joined"] - sums["left"], 0.0)
    sums["in_group"] = float(len(kept.now("in")))
    return sums
