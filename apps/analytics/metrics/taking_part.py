"""参与: entries of campaigns, the help they get, and how they end."""

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, amount, net, share
from apps.analytics.metrics.sql import counted, within
from apps.events.enums import EventKind

_ENTERED, _PART, _VOIDED, _WON, _LOST = (
    EventKind.CAMPAIGN_ENTERED.value,
    EventKind.CAMPAIGN_CONTRIBUTED.value,
    EventKind.CAMPAIGN_VOIDED.value,
    EventKind.CAMPAIGN_SUCCEEDED.value,
    EventKind.CAMPAIGN_FAILED.value,
)
_D = Dimension
_OF_RUNS = (_D.TOTAL, _D.GROUP, _D.CAMPAIGN, _D.RUN, _D.POST, _D.CHANNEL, _D.TIER, _D.SOURCE)


def _entries(figures: Figures) -> Reading:
    return amount(figures.count(_ENTERED))


def _parts(figures: Figures) -> Reading:
    return amount(net(figures, _PART, _VOIDED))


def _success(figures: Figures) -> Reading:
    return share(figures.count(_WON), figures.count(_WON) + figures.count(_LOST))


FAMILY = Family(
    "taking_part",
    _("参与"),
    (
        Metric(
            key="entries",
            label=_("参与单数"),
            definition=_("时段内发起的参与单数（开团、助力、砍价、领券等，一人可以有几单）。"),
            unit=Unit.COUNT,
            direction=Direction.HIGHER,
            needs=(_ENTERED,),
            formula=_entries,
            sql=counted(_ENTERED),
            rows=(_ENTERED,),
            dimensions=_OF_RUNS,
        ),
        Metric(
            key="contributions",
            label=_("助力次数"),
            definition=_("时段内计入的参与次数（拼、帮、送、砍、投票等），减去时段内作废的。"),
            unit=Unit.COUNT,
            direction=Direction.HIGHER,
            needs=(_PART, _VOIDED),
            formula=_parts,
            sql=f"""
                SELECT coalesce(sum(CASE e.kind WHEN '{_PART}' THEN 1 ELSE -1 END), 0), NULL FROM events_event e
                WHERE e.kind IN ('{_PART}', '{_VOIDED}') AND {within()}
            """,
            rows=(_PART, _VOIDED),
            dimensions=_OF_RUNS,
        ),
        Metric(
            key="success_rate",
            label=_("参与成功率"),
            definition=_("时段内成功的参与单，除以时段内有结果（成功、未成功或取消）的参与单。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(_WON, _LOST),
            formula=_success,
            sql=f"""
                SELECT count(*) FILTER (WHERE e.kind = '{_WON}'), count(*) FROM events_event e
                WHERE e.kind IN ('{_WON}', '{_LOST}') AND {within()}
            """,
            rows=(_WON, _LOST),
            dimensions=_OF_RUNS,
        ),
    ),
)
