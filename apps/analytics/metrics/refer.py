"""裂变: who brings whom, how fast, and who stays."""

from django.utils.translation import gettext_lazy as _
from pyroaring import BitMap

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, amount, per, share
from apps.analytics.metrics.facts import INVITING, OWNER, VISITED
from apps.analytics.metrics.sql import IS_NEW, members_of, within
from apps.events.enums import EventKind

_ENTERED, _PART, _VOIDED = (
    EventKind.CAMPAIGN_ENTERED.value,
    EventKind.CAMPAIGN_CONTRIBUTED.value,
    EventKind.CAMPAIGN_VOIDED.value,
)
_LEFT = EventKind.GROUP_LEFT.value
_NEW = "*+new"
_D = Dimension
_OF_RUNS = (_D.TOTAL, _D.GROUP, _D.CAMPAIGN, _D.RUN, _D.POST, _D.CHANNEL)
_OF_INVITED = (*_OF_RUNS, _D.TIER, _D.SOURCE, _D.INVITER)


def _invited(figures: Figures) -> Reading:
    return amount(len(figures.people(_PART, _NEW)))


def _effective_members(figures: Figures) -> BitMap:
    return figures.people(_PART, _NEW) - figures.people(_VOIDED, _NEW) - figures.whole.people(_LEFT)


def _effective(figures: Figures) -> Reading:
    return amount(len(_effective_members(figures)))


def _effective_rate(figures: Figures) -> Reading:
    return share(len(_effective_members(figures)), len(figures.people(_PART, _NEW)))


def _participants(figures: Figures) -> Reading:
    return amount(len(figures.people(_ENTERED)))


def _inviters(figures: Figures) -> Reading:
    return amount(len(figures.people(INVITING)))


def _invites(figures: Figures) -> Reading:
    return per(figures.count(VISITED, "invited"), len(figures.people(_ENTERED)))


def _acceptance(figures: Figures) -> Reading:
    return share(len(figures.people(_PART, _NEW)), figures.count(VISITED, "invited"))


def _k(figures: Figures) -> Reading:
    return per(len(figures.people(_PART, _NEW)), len(figures.people(_ENTERED)))


def _cycle(figures: Figures) -> Reading:
    hours, members = figures.prepared("waits") or (0.0, 0)
    return Reading(hours if members else None, hours, members)


_IS_INVITED = f"e.kind = '{_PART}' AND {IS_NEW} AND e.member_id IS NOT NULL"
_INVITED_VISITS = f"SELECT count(*) FROM events_event e WHERE e.kind = '{VISITED}' AND e.data->>'inviter' IS NOT NULL AND {within()}"
_INVITED = f"SELECT count(DISTINCT e.member_id) FROM events_event e WHERE {_IS_INVITED} AND {within()}"
_ENTRANTS = (
    f"SELECT count(DISTINCT e.member_id) FROM events_event e WHERE e.kind = '{_ENTERED}' AND {within()}"
)
_STAYED = f"""
    SELECT count(DISTINCT e.member_id) FROM events_event e WHERE {_IS_INVITED} AND {within()}
      AND e.member_id NOT IN (SELECT e.member_id FROM events_event e WHERE e.kind = '{_VOIDED}' AND {IS_NEW}
        AND e.member_id IS NOT NULL AND {within()})
      AND e.member_id NOT IN (SELECT e.member_id FROM events_event e WHERE e.kind = '{_LEFT}'
        AND e.member_id IS NOT NULL AND {within("{scope}")})"""


FAMILY = Family(
    "refer",
    _("裂变"),
    (
        Metric(
            key="participants",
            label=_("发起人数"),
            definition=_("时段内发起过一次参与（开团、助力、砍价、领券等）的人数。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(_ENTERED,),
            formula=_participants,
            sql=members_of(_ENTERED),
            rows=(_ENTERED,),
            dimensions=(*_OF_RUNS, _D.TIER, _D.SOURCE),
        ),
        Metric(
            key="inviters",
            label=_("邀请人数"),
            definition=_("时段内至少带来一位新人的人数。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(INVITING,),
            formula=_inviters,
            sql=f"""
                SELECT count(DISTINCT e.data->>'owner'), NULL FROM events_event e
                WHERE e.kind = '{_PART}' AND {IS_NEW} AND {within()}
            """,
            rows=(_PART,),
            only=IS_NEW,
            who=OWNER,
            dimensions=_OF_RUNS,
        ),
        Metric(
            key="invited",
            label=_("邀请来的新人"),
            definition=_("时段内经别人的邀请第一次参与的人数。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(_PART,),
            formula=_invited,
            sql=f"SELECT ({_INVITED}), NULL",
            rows=(_PART,),
            only=IS_NEW,
            dimensions=_OF_INVITED,
        ),
        Metric(
            key="effective_invites",
            label=_("有效邀请"),
            definition=_("时段内邀请来的新人，减去其中在时段内参与被作废或退过群的人。"),
            unit=Unit.PEOPLE,
            direction=Direction.HIGHER,
            needs=(_PART, _VOIDED),
            formula=_effective,
            context=(_LEFT,),
            sql=f"SELECT ({_STAYED}), NULL",
            rows=(_PART,),
            only=IS_NEW,
            rows_of="counted",
            counted=_effective_members,
            dimensions=_OF_INVITED,
        ),
        Metric(
            key="effective_rate",
            label=_("有效邀请率"),
            definition=_("有效邀请，除以时段内邀请来的新人。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(_PART, _VOIDED),
            formula=_effective_rate,
            context=(_LEFT,),
            sql=f"SELECT ({_STAYED}), ({_INVITED})",
            rows=(_PART, _VOIDED),
            only=IS_NEW,
            dimensions=_OF_INVITED,
        ),
        Metric(
            key="k_factor",
            label=_("裂变系数 K"),
            definition=_("时段内邀请来的新人，除以发起人数；等于人均邀请乘以接受率。大于 1 就会自己滚大。"),
            unit=Unit.RATIO,
            direction=Direction.HIGHER,
            needs=(_PART, _ENTERED),
            formula=_k,
            sql=f"SELECT ({_INVITED}), ({_ENTRANTS})",
            rows=(_PART, _ENTERED),
            dimensions=_OF_RUNS,
        ),
        Metric(
            key="invites_per_participant",
            label=_("人均邀请"),
            definition=_("时段内经成员的邀请链接来的访问次数，除以发起人数。"),
            unit=Unit.RATIO,
            direction=Direction.HIGHER,
            needs=(VISITED, _ENTERED),
            formula=_invites,
            sql=f"SELECT ({_INVITED_VISITS}), ({_ENTRANTS})",
            rows=(VISITED,),
            only="e.data->>'inviter' IS NOT NULL",
            dimensions=_OF_RUNS,
        ),
        Metric(
            key="acceptance",
            label=_("邀请接受率"),
            definition=_("时段内邀请来的新人，除以经成员的邀请链接来的访问次数。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(VISITED, _PART),
            formula=_acceptance,
            sql=f"SELECT ({_INVITED}), ({_INVITED_VISITS})",
            rows=(_PART,),
            only=IS_NEW,
            dimensions=_OF_RUNS,
        ),
        Metric(
            key="cycle_time",
            label=_("裂变周期"),
            definition=_(
                "在时段内第一次带来新人的成员，从自己到来（进群、注册或被邀请）到那一刻的小时数的中位数。"
            ),
            unit=Unit.HOURS,
            direction=Direction.LOWER,
            needs=(),
            formula=_cycle,
            extras=("waits",),
            sql=f"""
                WITH arrivals AS (
                  SELECT e.member_id, min(e.occurred_at) AS at FROM events_event e WHERE e.member_id IS NOT NULL
                    AND (e.kind IN ('group.joined', 'member.registered') OR (e.kind = '{_PART}' AND {IS_NEW})) {{scope}}
                  GROUP BY 1),
                invites AS (
                  SELECT (e.data->>'owner')::bigint AS member_id, min(e.occurred_at) AS at FROM events_event e
                  WHERE e.kind = '{_PART}' AND {IS_NEW} {{scope}} GROUP BY 1)
                SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (
                    ORDER BY extract(epoch FROM invites.at - arrivals.at) / 3600), 0), count(*)
                FROM invites JOIN arrivals USING (member_id)
                WHERE invites.at >= %(start)s AND invites.at < %(end)s AND arrivals.at <= invites.at
            """,
            rows=(_PART,),
            only=IS_NEW,
            dimensions=(_D.TOTAL,),
        ),
    ),
    order=40,
)
