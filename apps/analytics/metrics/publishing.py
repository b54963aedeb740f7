"""内容: messages that went out, and those that did not."""

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Family, Figures, Metric, Reading, amount, share
from apps.analytics.metrics.sql import counted, within
from apps.events.enums import EventKind

_SENT, _FAILED = EventKind.POST_SENT.value, EventKind.POST_FAILED.value
_D = Dimension
_OF_POSTS = (_D.TOTAL, _D.GROUP, _D.POST)


def _sent(figures: Figures) -> Reading:
    return amount(figures.count(_SENT))


def _unsent(figures: Figures) -> Reading:
    return amount(figures.count(_FAILED))


def _rate(figures: Figures) -> Reading:
    return share(figures.count(_SENT), figures.count(_SENT) + figures.count(_FAILED))


FAMILY = Family(
    "publishing",
    _("内容"),
    (
        Metric(
            key="messages_sent",
            label=_("发出消息"),
            definition=_("时段内发到群里的消息条数：一个帖子发到十个群，就是十条。"),
            unit=Unit.COUNT,
            direction=Direction.NEUTRAL,
            needs=(_SENT,),
            formula=_sent,
            sql=counted(_SENT),
            rows=(_SENT,),
            dimensions=_OF_POSTS,
        ),
        Metric(
            key="messages_unsent",
            label=_("没发成"),
            definition=_("时段内发送失败、过了时间没发、或结果未知的次数；同一条再试又失败的再算一次。"),
            unit=Unit.COUNT,
            direction=Direction.LOWER,
            needs=(_FAILED,),
            formula=_unsent,
            sql=counted(_FAILED),
            rows=(_FAILED,),
            dimensions=_OF_POSTS,
        ),
        Metric(
            key="sent_rate",
            label=_("发送成功率"),
            definition=_("时段内发出的消息，除以发出的与没发成的次数之和。"),
            unit=Unit.PERCENT,
            direction=Direction.HIGHER,
            needs=(_SENT, _FAILED),
            formula=_rate,
            sql=f"""
                SELECT count(*) FILTER (WHERE e.kind = '{_SENT}'), count(*) FROM events_event e
                WHERE e.kind IN ('{_SENT}', '{_FAILED}') AND {within()}
            """,
            rows=(_SENT, _FAILED),
            dimensions=_OF_POSTS,
        ),
    ),
)
