"""Campaigns: runs, entries, contributions, benefits and coupons."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from apps.core.errors import Text
from apps.events.enums import EventKind
from apps.events.schemas.base import CAME, CAMPAIGN, RUN, Family, Field, Need, Schema, Type

_IN_RUN = (replace(CAMPAIGN, required=True), replace(RUN, required=True))
_MECHANIC = Field("mechanic", Type.TEXT, _("玩法"), required=True)
_REASON = Field("reason", Type.TEXT, _("原因"), longest=500)
_ENTRY = (
    *_IN_RUN,
    _MECHANIC,
    Field("entry", Type.NUMBER, _("参与单编号"), required=True),
    Field("owner", Type.NUMBER, _("发起人的成员编号"), required=True),
    *CAME,
    _REASON,
    Field("rank", Type.NUMBER, _("名次")),
)
_PART = (
    *_ENTRY,
    Field("kind", Type.TEXT, _("哪种贡献"), required=True),
    Field("is_new", Type.FLAG, _("是不是新成员")),
    Field("is_change", Type.FLAG, _("是不是分数的变动")),
)
_GRANT = (
    replace(CAMPAIGN, required=True),
    replace(RUN, required=True),
    Field("entry", Type.NUMBER, _("参与单编号")),
    Field("benefit", Type.NUMBER, _("礼品编号"), required=True),
    Field("kind", Type.TEXT, _("礼品种类"), required=True),
    Field("slot", Type.TEXT, _("因为什么发的"), required=True),
    Field("quantity", Type.NUMBER, _("份数"), required=True),
    Field("face_value", Type.DECIMAL, _("面值，元"), required=True),
    _REASON,
)
_COUPON = (
    CAMPAIGN,
    RUN,
    Field("entry", Type.NUMBER, _("参与单编号")),
    Field("benefit", Type.NUMBER, _("礼品编号"), required=True),
    Field("order_amount", Type.DECIMAL, _("订单金额，元"), required=True),
)


def _end(kind: EventKind, words: Text) -> Schema:
    return Schema(kind, words, member=Need.MUST, data=_ENTRY)


FAMILY = Family(
    "campaigns",
    _("活动"),
    (
        Schema(
            EventKind.CAMPAIGN_RUN_OPENED,
            _("活动开了一期。"),
            member=Need.NEVER,
            group=Need.NEVER,
            data=_IN_RUN,
        ),
        Schema(
            EventKind.CAMPAIGN_RUN_SETTLED,
            _("一期结算完了。"),
            member=Need.NEVER,
            group=Need.NEVER,
            value=Need.MUST,
            value_words=_("礼品成本，元"),
            data=(
                *_IN_RUN,
                _MECHANIC,
                *(
                    Field(key, Type.NUMBER, words, required=True)
                    for key, words in (
                        ("entries", _("参与单数")),
                        ("won", _("成功数")),
                        ("grants", _("礼品数")),
                        ("unfunded", _("没有预算的礼品数")),
                        ("held", _("待核的礼品数")),
                    )
                ),
            ),
        ),
        _end(EventKind.CAMPAIGN_ENTERED, _("成员发起了一次参与。")),
        Schema(
            EventKind.CAMPAIGN_CONTRIBUTED,
            _("成员参与了别人（或自己）的一单，已计入。"),
            member=Need.MUST,
            value=Need.MAY,
            value_words=_("计入的分数或金额"),
            data=_PART,
        ),
        _end(EventKind.CAMPAIGN_SUCCEEDED, _("一单成功了。")),
        _end(EventKind.CAMPAIGN_FAILED, _("一单没有成功，或取消了。")),
        Schema(
            EventKind.CAMPAIGN_VOIDED,
            _("一次贡献作废了。"),
            member=Need.MUST,
            value=Need.MAY,
            value_words=_("扣回的分数或金额，为负"),
            data=_PART,
        ),
        Schema(
            EventKind.BENEFIT_GRANTED,
            _("发了一份礼品。"),
            member=Need.MUST,
            value=Need.MUST,
            value_words=_("成本，元"),
            data=_GRANT,
        ),
        Schema(
            EventKind.BENEFIT_VOIDED,
            _("收回了一份礼品。"),
            member=Need.MUST,
            value=Need.MUST,
            value_words=_("收回的成本，元，为负"),
            data=_GRANT,
        ),
        Schema(
            EventKind.COUPON_REDEEMED,
            _("核销了一张券。"),
            member=Need.MUST,
            value=Need.MUST,
            value_words=_("优惠金额，元"),
            data=_COUPON,
        ),
        Schema(
            EventKind.COUPON_RETURNED,
            _("核销的券退回了。"),
            member=Need.MUST,
            value=Need.MUST,
            value_words=_("收回的优惠，元，为负"),
            data=_COUPON,
        ),
    ),
)
