"""成交: who buys, how much, how often."""

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, amount, per, share
from apps.analytics.metrics.facts import AGAIN
from apps.events.enums import EventKind

_PAID, _REFUNDED = EventKind.ORDER_PAID.value, EventKind.ORDER_REFUNDED.value


def _revenue(figures: Figures) -> Reading:
    return amount(figures.value(_PAID) - figures.value(_REFUNDED))


def _average_order(figures: Figures) -> Reading:
    return per(figures.value(_PAID), figures.count(_PAID))


def _repurchase(figures: Figures) -> Reading:
    return share(len(figures.repeated(_PAID)), len(figures.people(_PAID)))


FAMILY = Family(
    "convert",
    _("成交"),
    (
        Metric(
            key="revenue",
            label=_("成交额"),
            definition=_("时段内付款的金额，减去时段内退款的金额。"),
            unit=Unit.MONEY,
            direction=Direction.HIGHER,
            needs=(_PAID, _REFUNDED),
            formula=_revenue,
            sql="""
                SELECT coalesce(sum(CASE e.kind WHEN 'order.paid' THEN e.value ELSE -e.value END), 0), NULL
                FROM events_event e WHERE e.kind IN ('order.paid', 'order.refunded')
                  AND e.occurred_at >= %(start)s AND e.occurred_at < %(end)s {where}
            """,
            rows=(_PAID, _REFUNDED),
        ),
        Metric(
            key="average_order",
            label=_("客单价"),
            definition=_("时段内付款的金额，除以付款的订单数；不减退款。"),
            unit=Unit.MONEY,
            direction=Direction.HIGHER,
            needs=(_PAID,),
            formula=_average_order,
            sql="""
                SELECT coalesce(sum(e.value), 0), count(*) FROM events_event e WHERE e.kind = 'order.paid'
                  AND e.occurred_at >= %(start)s AND e.occurred_at < %(end)s {where}
            """,
            rows=(_PAID,),
        ),
        Metric(
            key="repurchase_rate",
            label=_("复购率"),
            definition=_("时段内付款两次以上的人数，除以时段内付款的人数。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(_PAID, AGAIN),
            formula=_repurchase,
            sql="""
                SELECT count(*) FILTER (WHERE n > 1), count(*) FROM (
                  SELECT e.member_id, count(*) AS n FROM events_event e WHERE e.kind = 'order.paid'
                    AND e.member_id IS NOT NULL AND e.occurred_at >= %(start)s AND e.occurred_at < %(end)s {where}
                  GROUP BY 1) buyers
            """,
            rows=(_PAID,),
        ),
    ),
)
