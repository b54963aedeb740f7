"""What one may do with a listing, and with what words."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import Param, ParamKind, Verb, Who

OPEN, MATCHED, PENDING = EntryState.OPEN.value, EntryState.MATCHED.value, EntryState.PENDING.value
DISPUTED = EntryState.DISPUTED.value
PART = Param("part", _("报价"), ParamKind.PART)
TERMS = (
    Param("item", _("我的物品"), ParamKind.ENTRY, is_required=False, help=_("正在上架的一件。")),
    Param("points", _("积分"), ParamKind.INTEGER, is_required=False, most=1_000_000),
    Param("note", _("留言"), is_required=False, most=200),
)

VERBS = (
    Verb(
        "list",
        _("发布闲置"),
        Who.ANYONE,
        opens=True,
        params=(
            Param("title", _("物品"), most=40),
            Param("description", _("说明"), is_required=False, most=500),
            Param("photos", _("照片"), ParamKind.PHOTOS, is_required=False, most=9),
            Param("wishes", _("想换什么"), is_required=False, most=200),
            Param("points", _("想要的积分"), ParamKind.INTEGER, is_required=False, most=1_000_000),
        ),
    ),
    Verb(
        "moderate",
        _("审核"),
        Who.STAFF,
        params=(
            Param("accept", _("通过"), ParamKind.BOOLEAN),
            Param("note", _("说明"), is_required=False),
        ),
        needs_parts=True,
        in_states=(PENDING, OPEN),
    ),
    Verb("unlist", _("下架"), Who.OWNER, needs_parts=True, in_states=(PENDING, OPEN)),
    Verb("offer", _("我来换"), Who.OTHERS, params=TERMS, needs_parts=True),
    Verb("withdraw", _("取回报价"), Who.OTHERS),
    Verb("accept", _("接受"), Who.OWNER, params=(PART,), needs_parts=True),
    Verb("turn_down", _("谢绝"), Who.OWNER, params=(PART,), needs_parts=True),
    Verb(
        "counter",
        _("还价"),
        Who.OWNER,
        params=(
            PART,
            Param("item", _("换对方哪件"), ParamKind.ENTRY, is_required=False, help=_("不填就不变。")),
            TERMS[1],
            TERMS[2],
        ),
    ),
    Verb(
        "answer",
        _("回复还价"),
        Who.OTHERS,
        params=(PART, Param("accept", _("同意"), ParamKind.BOOLEAN)),
        needs_parts=True,
    ),
    Verb("confirm", _("确认收到"), Who.ANYONE, after_close=True, in_states=(MATCHED,)),
    Verb("cancel", _("取消交换"), Who.ANYONE, needs_parts=True, after_close=True, in_states=(MATCHED,)),
    Verb(
        "dispute",
        _("申诉"),
        Who.ANYONE,
        params=(Param("reason", _("怎么了"), most=500),),
        after_close=True,
        in_states=(MATCHED, DISPUTED),
    ),
    Verb(
        "arbitrate",
        _("裁决"),
        Who.STAFF,
        params=(
            Param("complete", _("算换成"), ParamKind.BOOLEAN, help=_("选否：撤销，积分退回。")),
            Param("note", _("理由"), most=500),
        ),
        needs_parts=True,
        after_close=True,
        in_states=(DISPUTED,),
    ),
)
