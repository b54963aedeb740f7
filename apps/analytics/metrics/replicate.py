"""复制: whether a copied group becomes what its model was."""

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, share
from apps.analytics.metrics.copying import FIRST_DAYS
from apps.analytics.metrics.sql import IS_ACTIVE
from apps.events.enums import EventKind


def _success(figures: Figures) -> Reading:
    return share(*(figures.prepared("copies") or (0, 0)))


FAMILY = Family(
    "replicate",
    _("复制"),
    (
        Metric(
            key="replicate_rate",
            label=_("复制成功率"),
            definition=_(
                "满 30 天的日子落在时段内的复制群中，头 30 天的入群人数、活跃人数、成交净额都达到样板群头 30 天八成的比例。"
            ),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(),
            formula=_success,
            extras=("copies",),
            sql=f"""
                WITH firsts AS (
                  SELECT e.group_id, min((e.occurred_at AT TIME ZONE %(zone)s)::date) AS day FROM events_event e
                  WHERE e.kind = 'group.joined' {{scope}} GROUP BY 1),
                sums AS (
                  SELECT f.group_id, f.day + {FIRST_DAYS - 1} AS last,
                    count(DISTINCT e.member_id) FILTER (WHERE e.kind = 'group.joined') AS joined,
                    count(DISTINCT e.member_id) FILTER (WHERE {IS_ACTIVE}) AS active,
                    coalesce(sum(e.value) FILTER (WHERE e.kind = 'order.paid'), 0)
                      - coalesce(sum(e.value) FILTER (WHERE e.kind = 'order.refunded'), 0) AS revenue
                  FROM firsts f JOIN events_event e ON e.group_id = f.group_id
                    AND (e.occurred_at AT TIME ZONE %(zone)s)::date BETWEEN f.day AND f.day + {FIRST_DAYS - 1} {{scope}}
                  GROUP BY 1, 2)
                SELECT count(*) FILTER (WHERE copy.joined >= 0.8 * model.joined AND copy.active >= 0.8 * model.active
                    AND copy.revenue >= 0.8 * model.revenue), count(*)
                FROM groups_group g JOIN sums copy ON copy.group_id = g.id JOIN sums model ON model.group_id = g.model_id
                WHERE copy.last >= (%(start)s AT TIME ZONE %(zone)s)::date
                  AND copy.last < (%(end)s AT TIME ZONE %(zone)s)::date
            """,
            rows=(EventKind.GROUP_JOINED.value,),
            dimensions=(Dimension.TOTAL,),
        ),
    ),
    order=50,
)
