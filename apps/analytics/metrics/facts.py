"""How a fact of the log is read for rollups: SQL expressions over the alias ``e`` of ``events_event``."""

from apps.analytics.enums import Dimension
from apps.events.enums import EventKind

#: dimension → SQL of its key as text, null where the fact names none.
#: Posts are named by the delivery's key, ``post:<post>:group:<group>:<occurrence>:<part>``.
KEYS: dict[Dimension, str] = {
    Dimension.GROUP: (
        "coalesce(e.group_id::text, CASE WHEN e.kind LIKE 'post.%%' AND split_part(e.subject, ':', 3) = 'group'"
        " THEN nullif(split_part(e.subject, ':', 4), '') END)"
    ),
    Dimension.CAMPAIGN: "e.data->>'campaign'",
    Dimension.RUN: "e.data->>'run'",
    Dimension.POST: (
        "coalesce(e.data->>'post', CASE WHEN e.kind LIKE 'post.%%' AND split_part(e.subject, ':', 1) = 'post'"
        " THEN nullif(split_part(e.subject, ':', 2), '') END)"
    ),
    # A delivery's channel is a robot, not a promotional channel.
    Dimension.CHANNEL: "CASE WHEN e.kind NOT LIKE 'post.%%' THEN nullif(left(e.data->>'channel', 60), '') END",
    Dimension.STAFF: "e.actor_id::text",
    Dimension.TIER: "e.tier_id::text",
    Dimension.SOURCE: "nullif(e.source, '')",
    Dimension.INVITER: (
        f"CASE WHEN e.kind = '{EventKind.CAMPAIGN_CONTRIBUTED.value}' AND e.data->>'is_new' = 'true'"
        " THEN e.data->>'owner' ELSE e.data->>'inviter' END"
    ),
}

#: kind → SQL of a short text that tells its varieties apart; sums of all varieties are the kind's.
VARIANTS: dict[str, str] = {
    EventKind.CAMPAIGN_CONTRIBUTED: (
        "coalesce(e.data->>'kind', '') || CASE WHEN e.data->>'is_new' = 'true' THEN '+new' ELSE '' END"
    ),
    EventKind.BENEFIT_GRANTED: "coalesce(e.data->>'kind', '')",
    EventKind.BENEFIT_VOIDED: "coalesce(e.data->>'kind', '')",
    EventKind.PAGE_VIEWED: "coalesce(e.data->>'variant', '')",
    EventKind.POST_FAILED: "coalesce(e.data->>'state', '')",
    EventKind.POINTS_CHANGED: "coalesce(e.data->>'reason', '') || CASE WHEN e.value < 0 THEN '-' ELSE '+' END",
    EventKind.VISIT_CONVERTED: (
        "coalesce(e.data->>'kind', '') || CASE WHEN e.data->>'is_new' = 'true' THEN '+new' ELSE '' END"
    ),
}

#: An own act of a member: doing one of these on a day makes the member active on it (活跃).
ACTIVE_KINDS: tuple[str, ...] = (
    EventKind.PAGE_VIEWED,
    EventKind.CAMPAIGN_ENTERED,
    EventKind.CAMPAIGN_CONTRIBUTED,
    EventKind.ORDER_CREATED,
    EventKind.ORDER_PAID,
    EventKind.COUPON_REDEEMED,
    EventKind.MEMBER_MESSAGED,
    EventKind.GROUP_CHECKED_IN,
    EventKind.LINK_CLICKED,
)

#: Kinds of row that no fact has: derived while rolling up.
ACTIVE = "active"  # members with an own act
AGAIN = "order.paid.again"  # members with a second paid order on the same day
DERIVED = (ACTIVE, AGAIN)

#: Kinds that have cohorts: the first day of each member is kept.
FIRST_KINDS: tuple[str, ...] = (
    ACTIVE,
    EventKind.GROUP_JOINED,
    EventKind.ORDER_PAID,
    EventKind.CAMPAIGN_ENTERED,
    EventKind.CAMPAIGN_CONTRIBUTED,
)

#: Dimensions that hours are kept for.
HOUR_DIMENSIONS = (Dimension.TOTAL, Dimension.GROUP, Dimension.RUN)
