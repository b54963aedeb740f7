"""成交: who buys, how much, how often."""

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, amount, net, per, share
from apps.analytics.metrics.facts import ACTIVE, AGAIN, ISSUED
from apps.analytics.metrics.sql import IS_ACTIVE, PRESENT, counted, members_of, within
from apps.events.enums import EventKind

_PAID, _REFUNDED = EventKind.ORDER_PAID.value, EventKind.ORDER_REFUNDED.value
_REDEEMED, _RETURNED = EventKind.COUPON_REDEEMED.value, EventKind.COUPON_RETURNED.value
_D = Dimension
_OF_COUPONS = (_D.TOTAL, _D.CAMPAIGN, _D.RUN, _D.TIER, _D.SOURCE)


def _revenue(figures: Figures) -> Reading:
    return amount(figures.value(_PAID) - figures.value(_REFUNDED))


def _average_order(figures: Figures) -> Reading:
    return per(figures.value(_PAID), figures.count(_PAID))


def _repurchase(figures: Figures) -> Reading:
    return share(len(figures.repeated(_PAID)), len(figures.people(_PAID)))


def _orders(figures: Figures) -> Reading:
    return amount(figures.count(_PAID))


def _buyers(figures: Figures) -> Reading:
    return amount(len(figures.people(_PAID)))


def _conversion(figures: Figures) -> Reading:
    return share(len(figures.people(_PAID)), len(figures.people(ACTIVE)))


def _refund_rate(figures: Figures) -> Reading:
    return per(figures.value(_REFUNDED), figures.value(_PAID))


def _per_member(figures: Figures) -> Reading:
    return per(figures.value(_PAID) - figures.value(_REFUNDED), len(figures.now("in")))


def _renewal(figures: Figures) -> Reading:
    before = figures.before.people(_PAID)
    return share(len(before & figures.people(_PAID)), len(before))


def _redeemed(figures: Figures) -> Reading:
    return amount(net(figures, _REDEEMED, _RETURNED))


def _redeem_rate(figures: Figures) -> Reading:
    return share(net(figures, _REDEEMED, _RETURNED), int(figures.value(ISSUED)))


def _in_store(figures: Figures) -> Reading:
    by_staff = figures.count(_REDEEMED, "staff") - figures.count(_RETURNED, "staff")
    return share(by_staff, net(figures, _REDEEMED, _RETURNED))


_NET_REDEEMED = f"coalesce(sum(CASE e.kind WHEN '{_REDEEMED}' THEN 1 WHEN '{_RETURNED}' THEN -1 END), 0)"
_ISSUED = f"""
    SELECT coalesce(sum(CASE e.kind WHEN 'benefit.granted' THEN 1 ELSE -1 END
      * coalesce((e.data->>'quantity')::int, 1)), 0)
    FROM events_event e WHERE e.kind IN ('benefit.granted', 'benefit.voided') AND e.data->>'kind' = 'coupon'
      AND {within()}"""
_COUPON_FACTS = f"FROM events_event e WHERE e.kind IN ('{_REDEEMED}', '{_RETURNED}') AND {within()}"

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
        Metric(
            key="orders",
            label=_("订单数"),
            definition=_("时段内付款的订单数。"),
            unit=Unit.COUNT,
            direction=Direction.HIGHER,
            needs=(_PAID,),
            formula=_orders,
            sql=counted(_PAID),
            rows=(_PAID,),
        ),
        Metric(
            key="buyers",
            label=_("付款人数"),
            definition=_("时段内付过款的人数。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(_PAID,),
            formula=_buyers,
            sql=members_of(_PAID),
            rows=(_PAID,),
        ),
        Metric(
            key="conversion_rate",
            label=_("成交转化率"),
            definition=_("时段内付过款的人数，除以时段内活跃的人数。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(_PAID, ACTIVE),
            formula=_conversion,
            sql=f"""
                SELECT count(DISTINCT e.member_id) FILTER (WHERE e.kind = 'order.paid'), count(DISTINCT e.member_id)
                FROM events_event e WHERE {IS_ACTIVE} AND {within()}
            """,
            rows=(_PAID,),
        ),
        Metric(
            key="refund_rate",
            label=_("退款率"),
            definition=_("时段内退款的金额，除以时段内付款的金额。"),
            unit=Unit.PERCENT,
            direction=Direction.LOWER,
            needs=(_PAID, _REFUNDED),
            formula=_refund_rate,
            sql=f"""
                SELECT coalesce(sum(e.value) FILTER (WHERE e.kind = 'order.refunded'), 0),
                  coalesce(sum(e.value) FILTER (WHERE e.kind = 'order.paid'), 0)
                FROM events_event e WHERE e.kind IN ('order.paid', 'order.refunded') AND {within()}
            """,
            rows=(_REFUNDED, _PAID),
        ),
        Metric(
            key="revenue_per_member",
            label=_("人均成交"),
            definition=_("时段内的成交额，除以此刻在群的人数。"),
            unit=Unit.MONEY,
            direction=Direction.HIGHER,
            needs=(_PAID, _REFUNDED),
            formula=_per_member,
            sets=("in",),
            sql=f"""
                WITH present AS ({PRESENT})
                SELECT (SELECT coalesce(sum(CASE e.kind WHEN 'order.paid' THEN e.value ELSE -e.value END), 0)
                    FROM events_event e WHERE e.kind IN ('order.paid', 'order.refunded') AND {within()}),
                  (SELECT count(*) FROM present)
            """,
            rows=(_PAID, _REFUNDED),
            dimensions=(_D.TOTAL, _D.GROUP),
        ),
        Metric(
            key="renewal_rate",
            label=_("续费率"),
            definition=_("上一个同样长的时段付过款的人中，这个时段又付款的比例。看会员群按月、按季选时段。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(_PAID,),
            before=(_PAID,),
            formula=_renewal,
            sql=f"""
                WITH before AS (
                  SELECT DISTINCT e.member_id FROM events_event e WHERE e.kind = 'order.paid'
                    AND e.member_id IS NOT NULL AND e.occurred_at >= %(was)s AND e.occurred_at < %(start)s {{where}})
                SELECT (SELECT count(DISTINCT e.member_id) FROM events_event e WHERE e.kind = 'order.paid'
                    AND e.member_id IN (SELECT member_id FROM before) AND {within()}),
                  (SELECT count(*) FROM before)
            """,
            rows=(_PAID,),
        ),
        Metric(
            key="coupons_redeemed",
            label=_("核销张数"),
            definition=_("时段内核销的优惠券，减去核销后退回的。"),
            unit=Unit.COUNT,
            direction=Direction.HIGHER,
            needs=(_REDEEMED, _RETURNED),
            formula=_redeemed,
            sql=f"SELECT {_NET_REDEEMED}, NULL {_COUPON_FACTS}",
            rows=(_REDEEMED, _RETURNED),
            dimensions=(*_OF_COUPONS, _D.STAFF),
        ),
        Metric(
            key="redeem_rate",
            label=_("核销率"),
            definition=_("时段内核销的优惠券（减去退回的），除以时段内发出的优惠券（减去作废的）。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(_REDEEMED, _RETURNED, ISSUED),
            formula=_redeem_rate,
            sql=f"SELECT (SELECT {_NET_REDEEMED} {_COUPON_FACTS}), ({_ISSUED})",
            rows=(_REDEEMED, _RETURNED),
            dimensions=_OF_COUPONS,
        ),
        Metric(
            key="in_store_share",
            label=_("到店核销占比"),
            definition=_("时段内核销的优惠券中，由员工在店里核销的比例；都减去退回的。"),
            unit=Unit.PERCENT,
            direction=Direction.NEUTRAL,
            needs=(_REDEEMED, _RETURNED),
            formula=_in_store,
            sql=f"""
                SELECT coalesce(sum(CASE e.kind WHEN '{_REDEEMED}' THEN 1 ELSE -1 END)
                    FILTER (WHERE e.actor_id IS NOT NULL), 0), {_NET_REDEEMED} {_COUPON_FACTS}
            """,
            rows=(_REDEEMED, _RETURNED),
            only="e.actor_id IS NOT NULL",
            dimensions=_OF_COUPONS,
        ),
    ),
    order=30,
)
