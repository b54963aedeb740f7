"""激活: who does something, who speaks, who comes back."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, Text, amount, per, share
from apps.analytics.metrics.facts import ACTIVE, ACTIVE_KINDS, CHECKED_IN, MESSAGED
from apps.analytics.metrics.sql import IS_ACTIVE, PRESENT, counted, within
from apps.events.enums import EventKind

_JOINED = EventKind.GROUP_JOINED.value
_ACTIVE_ROWS = tuple(str(kind) for kind in ACTIVE_KINDS)
_OF_GROUPS = (Dimension.TOTAL, Dimension.GROUP)


def _active(figures: Figures) -> Reading:
    return amount(len(figures.people(ACTIVE)))


def _daily(figures: Figures) -> Reading:
    return per(sum(figures.daily_people(ACTIVE)), figures.days)


def activity(figures: Figures) -> Reading:
    """The average of each day's active members who are in a group now, by those who are in it."""
    present = figures.now("in")
    days = figures.whole.people_by_day(ACTIVE).values()
    return share(
        sum(members.intersection_cardinality(present) for members in days) / figures.days, len(present)
    )


def _stickiness(figures: Figures) -> Reading:
    return share(sum(figures.daily_people(ACTIVE)) / figures.days, len(figures.people(ACTIVE)))


def _share_of_present(figures: Figures, *, kind: str) -> Reading:
    present = figures.now("in")
    return share(len(figures.people(kind) & present), len(present))


def _messages(figures: Figures) -> Reading:
    return amount(figures.count(MESSAGED))


def _retained(figures: Figures, *, after: int) -> Reading:
    return share(*figures.returned(_JOINED, ACTIVE, after))


_DAILY = f"""
    SELECT DISTINCT (e.occurred_at AT TIME ZONE %(zone)s)::date AS day, e.member_id FROM events_event e
    WHERE {IS_ACTIVE} AND {within()}"""


def _of_present(key: str, label: Text, definition: Text, kind: str) -> Metric:
    return Metric(
        key=key,
        label=label,
        definition=definition,
        unit=Unit.PERCENT,
        direction=Direction.HIGHER,
        needs=(kind,),
        formula=partial(_share_of_present, kind=kind),
        sets=("in",),
        sql=f"""
            WITH present AS ({PRESENT})
            SELECT (SELECT count(DISTINCT e.member_id) FROM events_event e WHERE e.kind = '{kind}'
                AND e.member_id IN (SELECT member_id FROM present) AND {within()}),
              (SELECT count(*) FROM present)
        """,
        rows=(kind,),
        rows_of="present",
        dimensions=_OF_GROUPS,
    )


def _retention(after: int, label: Text, definition: Text) -> Metric:
    return Metric(
        key=f"retention_d{after}",
        label=label,
        definition=definition,
        unit=Unit.PERCENT,
        direction=Direction.HIGHER,
        needs=(ACTIVE,),
        formula=partial(_retained, after=after),
        first_kinds=(_JOINED,),
        lookback=after,
        sql=f"""
            WITH cohort AS (
              SELECT e.member_id, min((e.occurred_at AT TIME ZONE %(zone)s)::date) + {after} AS due
              FROM events_event e WHERE e.kind = 'group.joined' AND e.member_id IS NOT NULL {{scope}} GROUP BY 1),
            due AS (
              SELECT * FROM cohort WHERE due >= (%(start)s AT TIME ZONE %(zone)s)::date
                AND due < (%(end)s AT TIME ZONE %(zone)s)::date)
            SELECT count(*) FILTER (WHERE EXISTS (
                SELECT FROM events_event e WHERE e.member_id = due.member_id AND {IS_ACTIVE}
                  AND (e.occurred_at AT TIME ZONE %(zone)s)::date = due.due AND {within()})), count(*)
            FROM due
        """,
        rows=_ACTIVE_ROWS,
        rows_of="due",
        dimensions=(Dimension.TOTAL,),
    )


FAMILY = Family(
    "activate",
    _("激活"),
    (
        Metric(
            key="active_members",
            label=_("活跃人数"),
            definition=_("时段内有过一次主动行为（打开页面、参与活动、下单、核销、打卡、发言等）的人数。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(ACTIVE,),
            formula=_active,
            sql=f"SELECT count(DISTINCT e.member_id), NULL FROM events_event e WHERE {IS_ACTIVE} AND {within()}",
            rows=_ACTIVE_ROWS,
        ),
        Metric(
            key="daily_active",
            label=_("日均活跃"),
            definition=_("每天活跃的人数加起来，除以天数。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(ACTIVE,),
            formula=_daily,
            sql=f"SELECT count(*), %(days)s FROM ({_DAILY}) days",
            rows=_ACTIVE_ROWS,
        ),
        Metric(
            key="activity_rate",
            label=_("活跃度"),
            definition=_("此刻在群的人中，平均每天活跃的人数，除以此刻在群的人数；在哪里活跃都算。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(),
            formula=activity,
            sets=("in",),
            context=(ACTIVE,),
            sql=f"""
                WITH present AS ({PRESENT}), days AS (
                  SELECT DISTINCT (e.occurred_at AT TIME ZONE %(zone)s)::date AS day, e.member_id
                  FROM events_event e WHERE {IS_ACTIVE} AND {within("{scope}")})
                SELECT (SELECT count(*) FROM days JOIN present USING (member_id)) / (%(days)s)::float,
                  (SELECT count(*) FROM present)
            """,
            rows=_ACTIVE_ROWS,
            rows_of="present",
            anywhere=True,
            dimensions=_OF_GROUPS,
        ),
        Metric(
            key="stickiness",
            label=_("粘性"),
            definition=_("日均活跃，除以时段内活跃的人数：一个活跃的人平均有多少天是活跃的。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(ACTIVE,),
            formula=_stickiness,
            sql=f"""
                SELECT count(*) / (%(days)s)::float, count(DISTINCT member_id) FROM ({_DAILY}) days
            """,
            rows=_ACTIVE_ROWS,
        ),
        Metric(
            key="messages",
            label=_("发言数"),
            definition=_("时段内成员在群里发言的条数（由接入的平台上报）。"),
            unit=Unit.COUNT,
            direction=Direction.HIGHER,
            needs=(MESSAGED,),
            formula=_messages,
            sql=counted(MESSAGED),
            rows=(MESSAGED,),
            dimensions=(Dimension.TOTAL, Dimension.GROUP, Dimension.TIER, Dimension.SOURCE),
        ),
        _of_present(
            "speaking_rate", _("发言率"), _("此刻在群的人中，时段内发过言的人数所占的比例。"), MESSAGED
        ),
        _of_present(
            "checkin_rate", _("打卡率"), _("此刻在群的人中，时段内打过卡的人数所占的比例。"), CHECKED_IN
        ),
        _retention(
            1,
            _("次日留存"),
            _("首次进群后的第 1 天落在时段内的人中，当天活跃的比例。"),
        ),
        _retention(
            7,
            _("7 日留存"),
            _("首次进群后的第 7 天落在时段内的人中，当天活跃的比例。"),
        ),
        _retention(
            30,
            _("30 日留存"),
            _("首次进群后的第 30 天落在时段内的人中，当天活跃的比例。"),
        ),
    ),
    order=20,
)
