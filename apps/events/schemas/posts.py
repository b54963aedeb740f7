"""Posts: sent, or not."""

from django.utils.translation import gettext_lazy as _

from apps.events.enums import EventKind
from apps.events.schemas.base import Family, Field, Need, Schema, Type

_ROBOT = Field("channel", Type.NUMBER, _("发送通道编号"), required=True)

FAMILY = Family(
    "posts",
    _("发布"),
    (
        Schema(
            EventKind.POST_SENT,
            _("一条消息发到了一个群。对象是这次投递的标识，里面有帖子和社群的编号。"),
            member=Need.NEVER,
            group=Need.NEVER,
            data=(_ROBOT, Field("late_seconds", Type.DECIMAL, _("比计划晚了几秒"), required=True)),
        ),
        Schema(
            EventKind.POST_FAILED,
            _("一条消息没有发成。"),
            member=Need.NEVER,
            group=Need.NEVER,
            data=(
                _ROBOT,
                Field("state", Type.TEXT, _("failed、missed 或 unknown"), required=True),
                Field("code", Type.TEXT, _("原因"), longest=120),
            ),
        ),
    ),
)
