"""Members: come to us, move between tiers, talk, gain and spend points."""

from django.utils.translation import gettext_lazy as _

from apps.events.enums import EventKind
from apps.events.schemas.base import CAME, CAMPAIGN, RUN, Family, Field, Need, Schema, Type

FAMILY = Family(
    "members",
    _("成员"),
    (
        Schema(
            EventKind.MEMBER_IMPORTED,
            _("导入了一份成员文件。每份文件一个事件，不是每人一个。"),
            member=Need.NEVER,
            group=Need.NEVER,
            value=Need.MUST,
            value_words=_("新建的人数"),
            data=(Field("updated", Type.NUMBER, _("更新的人数"), required=True),),
        ),
        Schema(
            EventKind.MEMBER_REGISTERED,
            _("有人成了我们的成员：自己登录，或由员工录入。导入的人不在内。"),
            member=Need.MUST,
            data=(
                Field(
                    "way", Type.TEXT, _("怎么来的：phone_code、wechat、personal_link、staff"), required=True
                ),
                CAMPAIGN,
                RUN,
                *CAME,
            ),
        ),
        Schema(
            EventKind.MEMBER_TIER_CHANGED,
            _("成员的等级变了。"),
            member=Need.MUST,
            value=Need.MUST,
            value_words=_("新等级的次序，没有等级为 0"),
            data=(
                Field("from", Type.NUMBER, _("原等级编号")),
                Field("to", Type.NUMBER, _("新等级编号")),
                Field("from_rank", Type.NUMBER, _("原等级的次序，没有等级为 0"), required=True),
            ),
        ),
        Schema(
            EventKind.MEMBER_MESSAGED,
            _("成员在群里说了一句话。只记有这回事，不记内容。"),
            member=Need.MUST,
            group=Need.MUST,
            data=(Field("type", Type.TEXT, _("text、image、link、voice、video 等"), longest=20),),
            is_outside=True,
        ),
        Schema(
            EventKind.POINTS_CHANGED,
            _("成员的积分变了。导入的期初积分不在内。"),
            member=Need.MUST,
            value=Need.MUST,
            value_words=_("变化的分数，减少为负"),
            data=(Field("reason", Type.TEXT, _("adjust 或 campaign"), required=True), CAMPAIGN, RUN),
        ),
    ),
)
