"""复盘: what came of it, against what it cost."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, amount, per
from apps.analytics.metrics.facts import PRODUCT_COST, SPENT
from apps.analytics.metrics.fatigue import FEWEST, fatigue_of
from apps.analytics.metrics.sql import IS_NEW, summed, within
from apps.events.enums import EventKind

_PAID, _REFUNDED = EventKind.ORDER_PAID.value, EventKind.ORDER_REFUNDED.value
_GRANTED, _VOIDED = EventKind.BENEFIT_GRANTED.value, EventKind.BENEFIT_VOIDED.value
_ENTERED = EventKind.CAMPAIGN_ENTERED.value
_PART, _JOINED = EventKind.CAMPAIGN_CONTRIBUTED.value, EventKind.GROUP_JOINED.value
_COSTS = (_GRANTED, _VOIDED, PRODUCT_COST, SPENT)
_D = Dimension
_OF_MONEY = (_D.TOTAL, _D.GROUP, _D.CAMPAIGN, _D.RUN, _D.POST, _D.CHANNEL, _D.SOURCE, _D.TIER)


def rewards(figures: Figures) -> Decimal:
    """Yuan that gifts cost; a voided one gives its cost back (its fact is negative)."""
    return figures.value(_GRANTED) + figures.value(_VOIDED)


def cost_of(figures: Figures) -> Decimal:
    """Yuan: gifts, our goods, advertising."""
    return rewards(figures) + figures.value(PRODUCT_COST) + figures.value(SPENT)


def _reward_cost(figures: Figures) -> Reading:
    return amount(rewards(figures))


def _product_cost(figures: Figures) -> Reading:
    return amount(figures.value(PRODUCT_COST))


def _spend(figures: Figures) -> Reading:
    return amount(figures.value(SPENT))


def _cost(figures: Figures) -> Reading:
    return amount(cost_of(figures))


def _roi(figures: Figures) -> Reading:
    cost = cost_of(figures)
    return per(figures.value(_PAID) - figures.value(_REFUNDED) - cost, cost)


def _cac(figures: Figures) -> Reading:
    return per(rewards(figures) + figures.value(SPENT), len(figures.first(_JOINED)))


def _cost_per_new(figures: Figures) -> Reading:
    return per(rewards(figures) + figures.value(SPENT), len(figures.people(_PART, "*+new")))


def _ltv(figures: Figures) -> Reading:
    return per(*(figures.prepared("lifetime") or (Decimal(0), 0)))


def _fatigue(figures: Figures) -> Reading:
    found = fatigue_of([run.entrants for run in figures.prepared("fatigue") or ()])
    return Reading(None, 0, 0) if found is None else Reading(found.change, found.change, found.runs)


_KINDS = ", ".join(f"'{kind}'" for kind in _COSTS)
_SUM = f"SELECT coalesce(sum(e.value), 0) FROM events_event e WHERE e.kind IN ({_KINDS}) AND {within()}"
_REVENUE = f"""SELECT coalesce(sum(CASE e.kind WHEN 'order.paid' THEN e.value ELSE -e.value END), 0)
    FROM events_event e WHERE e.kind IN ('order.paid', 'order.refunded') AND {within()}"""
_ACQUISITION = f"""SELECT coalesce(sum(e.value), 0) FROM events_event e
    WHERE e.kind IN ('{_GRANTED}', '{_VOIDED}', '{SPENT}') AND {within()}"""
_COHORT = """
    SELECT member_id FROM (
      SELECT e.member_id, min(e.occurred_at) AS first_at FROM events_event e
      WHERE e.kind = 'group.joined' AND e.member_id IS NOT NULL {scope} GROUP BY 1) firsts
    WHERE first_at >= %(start)s AND first_at < %(end)s"""


FAMILY = Family(
    "review",
    _("复盘"),
    (
        Metric(
            key="reward_cost",
            label=_("礼品成本"),
            definition=_("时段内发出的礼品的成本，减去作废收回的。"),
            unit=Unit.MONEY,
            direction=Direction.LOWER,
            needs=(_GRANTED, _VOIDED),
            formula=_reward_cost,
            sql=summed(_GRANTED, _VOIDED),
            rows=(_GRANTED, _VOIDED),
            dimensions=_OF_MONEY,
        ),
        Metric(
            key="product_cost",
            label=_("商品成本"),
            definition=_("时段内付款的订单的商品成本，退款的按比例冲回。"),
            unit=Unit.MONEY,
            direction=Direction.LOWER,
            needs=(PRODUCT_COST,),
            formula=_product_cost,
            sql=summed(PRODUCT_COST),
            rows=(PRODUCT_COST,),
            dimensions=_OF_MONEY,
        ),
        Metric(
            key="spend",
            label=_("投放花费"),
            definition=_("时段内登记的投放花费。"),
            unit=Unit.MONEY,
            direction=Direction.LOWER,
            needs=(SPENT,),
            formula=_spend,
            sql=summed(SPENT),
            rows=(SPENT,),
            dimensions=_OF_MONEY,
        ),
        Metric(
            key="cost",
            label=_("总成本"),
            definition=_("时段内的礼品成本、商品成本与投放花费之和。"),
            unit=Unit.MONEY,
            direction=Direction.LOWER,
            needs=_COSTS,
            formula=_cost,
            sql=summed(*_COSTS),
            rows=_COSTS,
            dimensions=_OF_MONEY,
        ),
        Metric(
            key="roi",
            label=_("投入产出 ROI"),
            definition=_("（成交额 − 总成本）÷ 总成本，都取时段内的；0% 是刚好回本。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(_PAID, _REFUNDED, *_COSTS),
            formula=_roi,
            sql=f"SELECT ({_REVENUE}) - ({_SUM}), ({_SUM})",
            rows=(_PAID, _REFUNDED, *_COSTS),
            dimensions=_OF_MONEY,
        ),
        Metric(
            key="cac",
            label=_("获客成本 CAC"),
            definition=_("时段内的礼品成本与投放花费，除以时段内第一次进群的人数。"),
            unit=Unit.MONEY,
            direction=Direction.LOWER,
            needs=(_GRANTED, _VOIDED, SPENT),
            formula=_cac,
            first_kinds=(_JOINED,),
            sql=f"SELECT ({_ACQUISITION}), (SELECT count(*) FROM ({_COHORT}) cohort)",
            rows=(_GRANTED, _VOIDED, SPENT),
            dimensions=(_D.TOTAL,),
        ),
        Metric(
            key="cost_per_new",
            label=_("拉新成本"),
            definition=_("时段内的礼品成本与投放花费，除以时段内邀请来的新人。"),
            unit=Unit.MONEY,
            direction=Direction.LOWER,
            needs=(_GRANTED, _VOIDED, SPENT, _PART),
            formula=_cost_per_new,
            sql=f"""
                SELECT ({_ACQUISITION}), (SELECT count(DISTINCT e.member_id) FROM events_event e
                  WHERE e.kind = '{_PART}' AND {IS_NEW} AND {within()})
            """,
            rows=(_GRANTED, _VOIDED, SPENT),
            dimensions=(_D.TOTAL, _D.GROUP, _D.CAMPAIGN, _D.RUN, _D.POST, _D.CHANNEL),
        ),
        Metric(
            key="ltv",
            label=_("客户终身价值 LTV"),
            definition=_(
                "时段内第一次进群的人，到现在为止的付款减退款，除以他们的人数；是已经发生的，不是预测。"
            ),
            unit=Unit.MONEY,
            direction=Direction.HIGHER,
            needs=(),
            formula=_ltv,
            extras=("lifetime",),
            sql=f"""
                WITH cohort AS ({_COHORT})
                SELECT (SELECT coalesce(sum(CASE e.kind WHEN 'order.paid' THEN e.value ELSE -e.value END), 0)
                    FROM events_event e WHERE e.kind IN ('order.paid', 'order.refunded')
                      AND e.member_id IN (SELECT member_id FROM cohort) {{scope}}),
                  (SELECT count(*) FROM cohort)
            """,
            first_kinds=(_JOINED,),
            rows=(_PAID, _REFUNDED),
            rows_of="first",
            ever=True,
            dimensions=(_D.TOTAL,),
        ),
        Metric(
            key="fatigue",
            label=_("疲劳度"),
            definition=_(
                "活动每办一期，发起人数平均变化多少（各期两两比较的中位数）；少于三期不算。负数是越办越少。"
            ),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(_ENTERED,),
            formula=_fatigue,
            extras=("fatigue",),
            sql=f"""
                WITH runs AS (
                  SELECT r.id, row_number() OVER (ORDER BY r.opens_at, r.id) AS number,
                    ln(count(DISTINCT e.member_id) + 0.5) AS size
                  FROM events_event e JOIN campaigns_run r ON r.id::text = e.data->>'run'
                    AND r.campaign_id::text = e.data->>'campaign'
                  WHERE e.kind = '{_ENTERED}' AND e.member_id IS NOT NULL AND {within()} GROUP BY r.id, r.opens_at)
                SELECT CASE WHEN count(DISTINCT b.id) + 1 >= {FEWEST} THEN
                  exp(percentile_cont(0.5) WITHIN GROUP (ORDER BY (b.size - a.size) / (b.number - a.number))) - 1
                  ELSE 0 END, CASE WHEN count(DISTINCT b.id) + 1 >= {FEWEST} THEN count(DISTINCT b.id) + 1 ELSE 0 END
                FROM runs a JOIN runs b ON b.number > a.number
            """,
            rows=(_ENTERED,),
            dimensions=(_D.CAMPAIGN,),
        ),
    ),
    order=60,
)
