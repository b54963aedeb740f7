"""引流: who comes, from where, and who goes again."""

from django.utils.translation import gettext_lazy as _
from pyroaring import BitMap

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, amount, share
from apps.analytics.metrics.facts import CLICKED, CONVERTED, REGISTERED, VISITED
from apps.analytics.metrics.sql import PRESENT, counted, members_of, within
from apps.events.enums import EventKind

_JOINED, _LEFT = EventKind.GROUP_JOINED.value, EventKind.GROUP_LEFT.value
_D = Dimension
_OF_GROUPS = (_D.TOTAL, _D.GROUP)
_OF_MEMBERS = (_D.TOTAL, _D.GROUP, _D.STAFF, _D.TIER, _D.SOURCE)
_OF_VISITS = (_D.TOTAL, _D.GROUP, _D.CAMPAIGN, _D.RUN, _D.POST, _D.CHANNEL, _D.INVITER, _D.LINK)


def _new_members(figures: Figures) -> Reading:
    return amount(len(figures.first(_JOINED)))


def _joins(figures: Figures) -> Reading:
    return amount(len(figures.people(_JOINED)))


def _leavers(figures: Figures) -> Reading:
    return amount(len(figures.people(_LEFT)))


def _growth(figures: Figures) -> Reading:
    return amount(figures.count(_JOINED) - figures.count(_LEFT))


def _present(figures: Figures) -> Reading:
    return amount(len(figures.now("in")))


def leave_rate(figures: Figures) -> Reading:
    """Of those who were there in the period as far as we know: who left."""
    left = figures.people(_LEFT)
    return share(len(left), len(BitMap.union(left, figures.now("in"))))


def _registered(figures: Figures) -> Reading:
    return amount(len(figures.people(REGISTERED)))


def _clicks(figures: Figures) -> Reading:
    return amount(figures.count(CLICKED))


def _visits(figures: Figures) -> Reading:
    return amount(figures.count(VISITED))


def _acquired(figures: Figures) -> Reading:
    return share(len(figures.people(CONVERTED)), figures.count(VISITED))


FAMILY = Family(
    "acquire",
    _("引流"),
    (
        Metric(
            key="new_members",
            label=_("新成员"),
            definition=_("时段内第一次进群的人数；从前进过任何一个群的人再进群不算。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(_JOINED,),
            formula=_new_members,
            first_kinds=(_JOINED,),
            sql="""
                SELECT count(*), NULL FROM (
                  SELECT e.member_id, min(e.occurred_at) AS first_at FROM events_event e
                  WHERE e.kind = 'group.joined' AND e.member_id IS NOT NULL {scope} GROUP BY 1) firsts
                WHERE first_at >= %(start)s AND first_at < %(end)s
            """,
            rows=(_JOINED,),
            rows_of="first",
            dimensions=(_D.TOTAL,),
        ),
        Metric(
            key="joins",
            label=_("入群人数"),
            definition=_("时段内进群的人数，同一人进几个群算一人，回来的也算。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(_JOINED,),
            formula=_joins,
            sql=members_of("group.joined"),
            rows=(_JOINED,),
            dimensions=_OF_MEMBERS,
        ),
        Metric(
            key="leavers",
            label=_("退群人数"),
            definition=_("时段内退过群的人数，后来又回来的也算。"),
            unit=Unit.PEOPLE,
            direction=Direction.LOWER,
            needs=(_LEFT,),
            formula=_leavers,
            sql=members_of("group.left"),
            rows=(_LEFT,),
            dimensions=_OF_MEMBERS,
        ),
        Metric(
            key="net_growth",
            label=_("净增"),
            definition=_("时段内进群的次数，减去退群的次数。"),
            unit=Unit.COUNT,
            direction=Direction.HIGHER,
            needs=(_JOINED, _LEFT),
            formula=_growth,
            sql=f"""
                SELECT coalesce(sum(CASE e.kind WHEN 'group.joined' THEN 1 ELSE -1 END), 0), NULL
                FROM events_event e WHERE e.kind IN ('group.joined', 'group.left') AND {within()}
            """,
            rows=(_JOINED, _LEFT),
            dimensions=_OF_MEMBERS,
        ),
        Metric(
            key="members_in_groups",
            label=_("在群人数"),
            definition=_("此刻在群里的人数，一人在几个群算一人；与所选时段无关。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(),
            formula=_present,
            sets=("in",),
            sql=f"WITH present AS ({PRESENT}) SELECT count(*), NULL FROM present",
            rows=(_JOINED,),
            rows_of="present",
            ever=True,
            dimensions=_OF_GROUPS,
        ),
        Metric(
            key="leave_rate",
            label=_("退群率"),
            definition=_("时段内退过群的人数，除以时段内退过群的人和此刻在群的人合起来的人数。"),
            unit=Unit.PERCENT,
            direction=Direction.LOWER,
            needs=(_LEFT,),
            formula=leave_rate,
            sets=("in",),
            sql=f"""
                WITH present AS ({PRESENT}), gone AS (
                  SELECT DISTINCT e.member_id FROM events_event e
                  WHERE e.kind = 'group.left' AND e.member_id IS NOT NULL AND {within()})
                SELECT (SELECT count(*) FROM gone),
                  (SELECT count(*) FROM (SELECT member_id FROM present UNION SELECT member_id FROM gone) u)
            """,
            rows=(_LEFT,),
            dimensions=_OF_GROUPS,
        ),
        Metric(
            key="registered",
            label=_("新注册"),
            definition=_("时段内登记为成员的人数；批量导入的不算。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(REGISTERED,),
            formula=_registered,
            sql=members_of(REGISTERED),
            rows=(REGISTERED,),
            dimensions=(_D.TOTAL, _D.CHANNEL, _D.SOURCE, _D.INVITER),
        ),
        Metric(
            key="clicks",
            label=_("链接点击"),
            definition=_("时段内短链被点开的次数。"),
            unit=Unit.COUNT,
            direction=Direction.HIGHER,
            needs=(CLICKED,),
            formula=_clicks,
            sql=counted(CLICKED),
            rows=(CLICKED,),
            dimensions=_OF_VISITS,
        ),
        Metric(
            key="visits",
            label=_("访问"),
            definition=_("时段内来到活动页的次数（经链接或直接打开）。"),
            unit=Unit.COUNT,
            direction=Direction.HIGHER,
            needs=(VISITED,),
            formula=_visits,
            sql=counted(VISITED),
            rows=(VISITED,),
            dimensions=_OF_VISITS,
        ),
        Metric(
            key="acquire_rate",
            label=_("引流转换率"),
            definition=_(
                "时段内由访问转化（登录、发起或参与）的人数，除以时段内的访问次数；按转化前最后一次来的渠道算。"
            ),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(VISITED, CONVERTED),
            formula=_acquired,
            sql=f"""
                SELECT count(DISTINCT e.member_id) FILTER (WHERE e.kind = '{CONVERTED}'),
                  count(*) FILTER (WHERE e.kind = '{VISITED}')
                FROM events_event e WHERE e.kind IN ('{CONVERTED}', '{VISITED}') AND {within()}
            """,
            rows=(CONVERTED, VISITED),
            dimensions=_OF_VISITS,
        ),
    ),
    order=10,
)
