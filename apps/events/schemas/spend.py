"""Money that we spend on being found."""

from django.utils.translation import gettext_lazy as _

from apps.events.enums import EventKind
from apps.events.schemas.base import CAMPAIGN, CHANNEL, Family, Field, Need, Schema, Type

FAMILY = Family(
    "spend",
    _("投放"),
    (
        Schema(
            EventKind.SPEND_RECORDED,
            _("一笔推广花费：广告、地推、达人。礼品和商品的成本另有事件。"),
            member=Need.NEVER,
            value=Need.MUST,
            value_words=_("花费，元；冲正为负"),
            data=(CHANNEL, CAMPAIGN, Field("note", Type.TEXT, _("说明"), longest=120)),
            is_outside=True,
        ),
    ),
)
