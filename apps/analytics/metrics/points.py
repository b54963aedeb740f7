"""积分: points given and points spent."""

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, amount
from apps.analytics.metrics.sql import within
from apps.events.enums import EventKind

_CHANGED = EventKind.POINTS_CHANGED.value
_DIMENSIONS = (Dimension.TOTAL, Dimension.TIER, Dimension.SOURCE)


def _given(figures: Figures) -> Reading:
    return amount(figures.value(_CHANGED, "*+"))


def _spent(figures: Figures) -> Reading:
    return amount(-figures.value(_CHANGED, "*-"))


FAMILY = Family(
    "points",
    _("积分"),
    (
        Metric(
            key="points_given",
            label=_("发出积分"),
            definition=_("时段内成员账户增加的积分之和。"),
            unit=Unit.POINTS,
            direction=Direction.NEUTRAL,
            needs=(_CHANGED,),
            formula=_given,
            sql=f"""SELECT coalesce(sum(e.value), 0), NULL FROM events_event e
                WHERE e.kind = '{_CHANGED}' AND e.value > 0 AND {within()}""",
            rows=(_CHANGED,),
            only="e.value > 0",
            dimensions=_DIMENSIONS,
        ),
        Metric(
            key="points_spent",
            label=_("用掉积分"),
            definition=_("时段内成员账户减少的积分之和，含收回和撤销导入的。"),
            unit=Unit.POINTS,
            direction=Direction.NEUTRAL,
            needs=(_CHANGED,),
            formula=_spent,
            sql=f"""SELECT coalesce(-sum(e.value), 0), NULL FROM events_event e
                WHERE e.kind = '{_CHANGED}' AND e.value < 0 AND {within()}""",
            rows=(_CHANGED,),
            only="e.value < 0",
            dimensions=_DIMENSIONS,
        ),
    ),
)
