"""Where a run's visits came from and what they led to: by group, post, channel, inviter or variant of the page.

Every figure is a count of rows (A1, A2). What somebody did is owed to one touch, the first or the last (see
``attribution``); an order to the touch of the contribution that it pays for, so that no yuan counts twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import Count, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.campaigns.models import Contribution
from apps.campaigns.selectors.channel_words import channel_words
from apps.content_calendar.models import Post
from apps.groups.models import Group
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion, Touch
from apps.members.models import Member
from apps.orders.enums import PAID_STATES

Dimension = Literal["group", "post", "channel", "inviter", "variant"]
Which = Literal["first", "last"]
_FIELDS: dict[str, str] = {
    "group": "group_id",
    "post": "post_id",
    "channel": "channel",
    "inviter": "inviter_id",
    "variant": "variant",
}
_MONEY: DecimalField = DecimalField(max_digits=14, decimal_places=2)


@dataclass
class Source:
    """``key``: the group's, post's or inviter's id, the channel's or variant's word, ``None`` for none of them.

    ``visits`` are touches, ``visitors`` browsers; ``new_members`` those of ``logins`` who were unknown before;
    ``paid`` in yuan, refunds taken off.
    """

    key: int | str | None
    visits: int = 0
    visitors: int = 0
    logins: int = 0
    new_members: int = 0
    entries: int = 0
    parts: int = 0
    orders: int = 0
    paid: Decimal = field(default_factory=lambda: Decimal("0.00"))


def sources_of(*, run_id: int, by: Dimension, which: Which) -> list[Source]:
    """One row per value of ``by``, what brought most first; three queries."""
    found: dict[Any, Source] = {}

    def row(key: Any) -> Source:
        return found.setdefault(key or None, Source(key or None))

    for key, visits, visitors in _visits(run_id, by):
        row(key).visits, row(key).visitors = visits, visitors
    for key, kind, count, new in _conversions(run_id, by, which):
        source = row(key)
        match kind:
            case ConversionKind.LOGIN:
                source.logins, source.new_members = count, new
            case ConversionKind.ENTRY:
                source.entries = count
            case ConversionKind.PART:
                source.parts = count
    for key, orders, paid in _orders(run_id, by, which):
        source = row(key)
        source.orders += orders
        source.paid += paid
    return sorted(
        found.values(), key=lambda s: (-s.paid, -s.entries - s.parts, -s.logins, -s.visits, str(s.key))
    )


def labels_of(by: Dimension, keys: Iterable[int | str | None], *, user: User) -> dict[int | str | None, str]:
    """Names for the keys, in one query; ``#12`` for what ``user`` may not see (S1) or what is gone."""
    known = [key for key in keys if key is not None]
    labels: dict[int | str | None, str] = {None: _("没有来源")}
    match by:
        case "group":
            labels |= Group.objects.visible_to(user).filter(pk__in=known).values_list("pk", "name")
        case "post":
            labels |= Post.objects.visible_to(user).filter(pk__in=known).values_list("pk", "title")
        case "inviter":
            labels |= Member.objects.visible_to(user).filter(pk__in=known).values_list("pk", "nickname")
        case _:
            labels |= {key: channel_words().get(str(key), str(key)) for key in known}
    return {None: labels[None]} | {key: labels.get(key) or f"#{key}" for key in known}


def _visits(run_id: int, by: Dimension) -> list[tuple[Any, int, int]]:
    """(key, visits, visitors). Counted in two steps, first per browser: sorting a million visits by a text to count
    their browsers takes four times as long."""
    column = connection.ops.quote_name(_FIELDS[by])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT key, sum(visits)::bigint, count(*) FROM ("
            f"SELECT {column} AS key, visitor_id, count(*) AS visits FROM h5_touch WHERE run_id = %s GROUP BY 1, 2"
            f") AS browsers GROUP BY key",
            [run_id],
        )
        return cursor.fetchall()


def _conversions(run_id: int, by: Dimension, which: Which) -> QuerySet[Conversion, Any]:
    rows = (
        Conversion.objects.filter(run_id=run_id)
        .order_by()
        .values("kind", key=F(f"{which}_touch__{_FIELDS[by]}"))
    )
    return rows.annotate(count=Count("pk"), new=Count("pk", filter=Q(is_new_member=True))).values_list(
        "key", "kind", "count", "new"
    )


def _orders(run_id: int, by: Dimension, which: Which) -> QuerySet[Contribution, Any]:
    """Orders that were paid, by the touch of the contribution or, for an opener's own seat, of the entry."""
    touched = f"{which}_touch_id"
    conversions = Conversion.objects.filter(run_id=run_id)
    of_part = conversions.filter(kind=ConversionKind.PART, ref=OuterRef("pk"))
    of_entry = conversions.filter(
        kind=ConversionKind.ENTRY, ref=OuterRef("entry_id"), member_id=OuterRef("member_id")
    )
    touch = Coalesce(Subquery(of_part.values(touched)[:1]), Subquery(of_entry.values(touched)[:1]))
    of_touch = Touch.objects.filter(pk=OuterRef("touch"))
    return (
        Contribution.objects.filter(run_id=run_id, order__state__in=PAID_STATES)
        .order_by()
        .annotate(touch=touch)
        .annotate(source=Subquery(of_touch.values(_FIELDS[by])[:1]))
        .values("source")
        .annotate(
            orders=Count("order"),
            paid=Sum(F("order__paid_amount") - F("order__refund_amount"), output_field=_MONEY),
        )
        .values_list("source", "orders", "paid")
    )
