"""A post's messages, group by group."""

from django.db.models import Case, IntegerField, Prefetch, QuerySet, Value, When

from apps.accounts.models import User
from apps.channels.enums import DELIVERY_MOVES, FINAL_STATES, DeliveryState
from apps.channels.models import Attempt, Delivery
from apps.content_calendar.models import Post, PostTarget
from apps.content_calendar.selectors.calendar import TROUBLE_STATES

#: What the page's tabs show.
SHOWN: dict[str, frozenset[str]] = {
    "trouble": frozenset(TROUBLE_STATES),
    "person": frozenset({DeliveryState.AWAITING_PERSON}),
    "open": frozenset({DeliveryState.PENDING, DeliveryState.CLAIMED, DeliveryState.SENDING}),
    "sent": frozenset({DeliveryState.SENT}),
    "cancelled": frozenset({DeliveryState.CANCELLED}),
}
_RESENDABLE = frozenset({DeliveryState.UNKNOWN, DeliveryState.FAILED, DeliveryState.MISSED})


def targets_of(post: Post, *, user: User, shown: str = "") -> QuerySet[PostTarget]:
    """The messages of ``post`` that ``user`` may see (S1), those that need a person first, with their attempts."""
    targets = PostTarget.objects.visible_to(user).filter(post=post)
    if shown in SHOWN:
        targets = targets.filter(delivery__state__in=SHOWN[shown])
    attention = Case(
        When(delivery__state__in=TROUBLE_STATES, then=Value(0)),
        When(delivery__state=DeliveryState.AWAITING_PERSON, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    attempts = Prefetch("delivery__attempts", Attempt.objects.order_by("number"))
    return (
        targets.select_related("group", "delivery__channel")
        .prefetch_related(attempts)
        .order_by(attention, "delivery__due_at", "delivery__sequence", "id")
    )


def verbs_for(delivery: Delivery) -> list[str]:
    """What a person may do with ``delivery`` in its state: of ``mark_sent``, ``resend``, ``cancel``."""
    state = DeliveryState(delivery.state)
    verbs = []
    if DeliveryState.SENT in DELIVERY_MOVES[state] and state != DeliveryState.SENDING:
        verbs.append("mark_sent")
    if state in _RESENDABLE:
        verbs.append("resend")
    if DeliveryState.CANCELLED in DELIVERY_MOVES[state] and state not in FINAL_STATES:
        verbs.append("cancel")
    return verbs
