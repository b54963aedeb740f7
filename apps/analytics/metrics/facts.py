"""How a fact of the log is read for rollups: SQL expressions over the alias ``e`` of ``events_event``."""

from apps.analytics.enums import Dimension
from apps.events.enums import EventKind

#: dimension → SQL of its key as text, null where the fact names none.
#: Posts are named by the delivery's key, ``post:<post>:<group>:<occurrence>:<part>``.
KEYS: dict[Dimension, str] = {
    Dimension.GROUP: (
        "coalesce(e.group_id::text, CASE WHEN e.kind LIKE 'post.%%'"
        " THEN substring(e.subject FROM '^post:[0-9]+:([0-9]+):') END)"
    ),
    Dimension.CAMPAIGN: "e.data->>'campaign'",
    Dimension.RUN: "e.data->>'run'",
    Dimension.POST: (
        "coalesce(e.data->>'post', CASE WHEN e.kind LIKE 'post.%%'"
        " THEN substring(e.subject FROM '^post:([0-9]+):') END)"
    ),
    # A delivery's channel is a robot, not a promotional channel.
    Dimension.CHANNEL: "CASE WHEN e.kind NOT LIKE 'post.%%' THEN nullif(left(e.data->>'channel', 60), '') END",
    Dimension.STAFF: "e.actor_id::text",
    Dimension.TIER: "e.tier_id::text",
    Dimension.SOURCE: "nullif(e.source, '')",
    Dimension.INVITER: (
        f"CASE WHEN e.kind IN ('{EventKind.CAMPAIGN_CONTRIBUTED.value}', '{EventKind.CAMPAIGN_VOIDED.value}')"
        " AND e.data->>'is_new' = 'true'"
        " THEN e.data->>'owner' ELSE e.data->>'inviter' END"
    ),
    # 活码: the short links that we hang out ourselves. Those of members are told apart by who invites.
    Dimension.LINK: "CASE WHEN e.data->>'inviter' IS NULL THEN e.data->>'link' END",
}

_PART = "coalesce(e.data->>'kind', '') || CASE WHEN e.data->>'is_new' = 'true' THEN '+new' ELSE '' END"
#: Done by a member of staff: a coupon written off at the till.
_BY_STAFF = "CASE WHEN e.actor_id IS NOT NULL THEN 'staff' ELSE '' END"
_INVITED = "CASE WHEN e.data->>'inviter' IS NOT NULL THEN 'invited' ELSE '' END"

#: kind → SQL of a short text that tells its varieties apart; sums of all varieties are the kind's.
VARIANTS: dict[str, str] = {
    EventKind.CAMPAIGN_CONTRIBUTED: _PART,
    EventKind.CAMPAIGN_VOIDED: _PART,
    EventKind.COUPON_REDEEMED: _BY_STAFF,
    EventKind.COUPON_RETURNED: _BY_STAFF,
    "link.clicked": _INVITED,
    "page.visited": _INVITED,
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
INVITING = (
    "inviting"  # the member who brought a new one: one row per new member brought, its member is the owner
)
ISSUED = "coupon.issued"  # coupons given out less those taken back: the value is how many
DERIVED = (ACTIVE, AGAIN, INVITING, ISSUED)

#: Who brought the new member: a number, which a fact of outside may have spelled otherwise.
OWNER = (
    "CASE WHEN e.data->>'owner' ~ '^[0-9]+$' AND length(e.data->>'owner') < 10"
    " THEN (e.data->>'owner')::bigint END"
)
_QUANTITY = (
    "CASE WHEN e.data->>'quantity' ~ '^[0-9]+$' AND length(e.data->>'quantity') < 7"
    " THEN (e.data->>'quantity')::numeric ELSE 1 END"
)

#: derived kind → (SQL of the value, of the member, of the condition) over one fact.
DERIVATIONS: dict[str, tuple[str, str, str]] = {
    ACTIVE: ("0", "e.member_id", "e.member_id IS NOT NULL AND e.kind = ANY(%(active)s)"),
    INVITING: (
        "0",
        OWNER,
        f"e.kind = '{EventKind.CAMPAIGN_CONTRIBUTED.value}' AND e.data->>'is_new' = 'true'",
    ),
    ISSUED: (
        f"CASE e.kind WHEN '{EventKind.BENEFIT_GRANTED.value}' THEN 1 ELSE -1 END * {_QUANTITY}",
        "e.member_id",
        f"e.kind IN ('{EventKind.BENEFIT_GRANTED.value}', '{EventKind.BENEFIT_VOIDED.value}')"
        " AND e.data->>'kind' = 'coupon'",
    ),
}

#: What nobody asks for by a dimension. Most of a day's rows would be those of inviters, one for each.
NOT_BY: dict[Dimension, tuple[str, ...]] = {
    Dimension.INVITER: (ACTIVE, INVITING, EventKind.GROUP_JOINED.value),
}

#: Kinds that have cohorts: the first day of each member is kept.
FIRST_KINDS: tuple[str, ...] = (
    ACTIVE,
    EventKind.GROUP_JOINED,
    EventKind.ORDER_PAID,
    EventKind.CAMPAIGN_ENTERED,
    EventKind.CAMPAIGN_CONTRIBUTED,
)

#: Kinds by the names that other rooms record them under.
REGISTERED = "member.registered"
CLICKED = "link.clicked"
VISITED = "page.visited"
CONVERTED = "visit.converted"
PRODUCT_COST = "order.cost"
SPENT = "spend.recorded"
CHECKED_IN = "group.checked_in"
MESSAGED = "member.messaged"

#: Dimensions that hours are kept for, with the kinds where it is not all: of hundreds of groups what tells when to post.
HOUR_KINDS: dict[Dimension, tuple[str, ...] | None] = {
    Dimension.TOTAL: None,
    Dimension.GROUP: (ACTIVE, CLICKED, VISITED, EventKind.POST_SENT.value),
    Dimension.RUN: None,
}

#: A member has arrived: over the columns ``kind`` and ``variant`` of a batch.
ARRIVED = (
    "(kind IN ('group.joined', 'member.registered')"
    f" OR (kind = '{EventKind.CAMPAIGN_CONTRIBUTED.value}' AND right(variant, 4) = '+new'))"
)
