"""Landing pages and links: who came, by what, what they looked at and what came of it."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from apps.core.errors import Text
from apps.events.enums import EventKind
from apps.events.schemas.base import CAME, CAMPAIGN, RUN, Family, Field, Need, Schema, Type

_IN_RUN = (replace(CAMPAIGN, required=True), replace(RUN, required=True))
_VARIANT = Field("variant", Type.TEXT, _("方案"), longest=1)
_PAGE = (
    *_IN_RUN,
    Field("version", Type.NUMBER, _("落地页版本"), required=True),
    replace(_VARIANT, required=True),
)
_BLOCK = (
    *_PAGE,
    Field("block", Type.TEXT, _("内容块"), required=True),
    Field("section", Type.TEXT, _("上、中、下哪一段"), required=True),
)
_LINK = Field("link", Type.NUMBER, _("短链编号"), ours=True)


def _page(kind: EventKind, words: Text, *data: Field, value: Need = Need.NEVER, says: Text = "") -> Schema:
    return Schema(kind, words, member=Need.MAY, value=value, value_words=says, data=data)


FAMILY = Family(
    "pages",
    _("落地页与短链"),
    (
        _page(EventKind.PAGE_VIEWED, _("有人打开了落地页，每个浏览器每小时记一次。"), *_PAGE),
        _page(EventKind.PAGE_SECTION_VIEWED, _("有人看到了一个内容块。"), *_BLOCK),
        _page(EventKind.PAGE_DWELLED, _("有人在一个内容块停留。"), *_BLOCK, value=Need.MUST, says=_("秒")),
        _page(EventKind.PAGE_TAPPED, _("有人点了一个内容块。"), *_BLOCK),
        _page(
            EventKind.PAGE_VISITED,
            _("一个浏览器来到一期活动：半小时内同一来源算一次。"),
            *_IN_RUN,
            *CAME,
            _LINK,
            _VARIANT,
            Field("utm_source", Type.TEXT, _("UTM 来源")),
            Field("referrer", Type.TEXT, _("来源网站"), longest=80),
        ),
        replace(
            _page(EventKind.LINK_CLICKED, _("有人点开了一条推广链接。"), CAMPAIGN, RUN, *CAME, _LINK),
            is_outside=True,
        ),
        Schema(
            EventKind.VISIT_CONVERTED,
            _("来访有了结果：登录、发起或参与。帖子、渠道、邀请人和社群是最后一次来访的。"),
            member=Need.MUST,
            data=(
                *_IN_RUN,
                *CAME,
                _LINK,
                Field("kind", Type.TEXT, _("login、entry 或 part"), required=True),
                Field("is_new", Type.FLAG, _("来访之前我们不认识"), required=True),
                Field("first", Type.OBJECT, _("第一次来访的帖子、渠道、邀请人和社群"), required=True),
            ),
        ),
    ),
)
