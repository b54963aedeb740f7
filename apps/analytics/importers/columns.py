"""What a file of facts may say about a row."""

from functools import cache

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from apps.core.phones import canonical_mobile
from apps.events.enums import EventKind
from apps.events.schemas.registry import outside_kinds
from apps.events.selectors.retention import AHEAD
from apps.imports.enums import Level
from apps.imports.services import columns as parse
from apps.imports.services.targets import Column

_AHEAD = int(AHEAD.total_seconds())


@cache
def kind_words() -> dict[str, str]:
    """Lower-case word → kind: the code, and the label in every language that the house speaks, since a file may have
    been made by somebody who reads another than whoever imports it."""
    words = {kind: kind for kind in outside_kinds()}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for kind in outside_kinds():
                words.setdefault(str(EventKind(kind).label).lower(), kind)
    return words


COLUMNS = (
    Column(
        key="kind",
        label=_("事件"),
        aliases=("种类", "事件种类", "kind", "event"),
        parse=lambda x: parse.choice(kind_words())(x),
        unreadable=_(
            "没有这种事件，或它不能从文件来。可用：投放花费、群内打卡、群内发言、下单、付款、退款等。"
        ),
        level=Level.REJECT,
        example=_("投放花费"),
    ),
    Column(
        key="occurred_at",
        label=_("发生时间"),
        aliases=("时间", "日期", "occurred at", "date", "time"),
        sql_type="timestamptz",
        tidy=parse.tidy_timestamp,
        parse=parse.timestamp,
        unreadable=_("时间认不出来。请写成 2026-01-05 15:16。"),
        valid=lambda v: f"{v} <= (%(now)s)::timestamptz + interval '{_AHEAD} seconds'",
        invalid=_("时间在将来。"),
        level=Level.REJECT,
        example="2026-01-05 15:16",
    ),
    Column(
        key="fact_key",
        label=_("去重标识"),
        aliases=("标识", "流水号", "key"),
        parse=parse.text(80),
        max_length=80,
        example="AD-20260105-1",
    ),
    Column(
        key="phone",
        label=_("成员手机"),
        aliases=("手机号", "手机", "phone", "mobile"),
        tidy=parse.tidy_phone,
        parse=parse.mainland_mobile,
        slow=canonical_mobile,
        unreadable=_("手机号不正确。请填 11 位大陆手机号，或带国家码的号码，如 +852…。"),
        level=Level.REJECT,
        is_personal=True,
        example="138 0013 8000",
    ),
    Column(
        key="group_name",
        label=_("社群"),
        aliases=("群名称", "群", "group"),
        parse=parse.text(80),
        max_length=80,
        example=_("福利社5群"),
    ),
    Column(
        key="amount",
        label=_("数值"),
        aliases=("金额", "花费", "value", "amount"),
        sql_type="numeric(14,2)",
        tidy=parse.tidy_number,
        parse=parse.number("numeric(14,2)"),
        unreadable=_("数值认不出来。请写成 12.50 这样。"),
        level=Level.REJECT,
        example="350.00",
    ),
    Column(
        key="channel",
        label=_("渠道"),
        aliases=("推广渠道", "来源渠道", "channel"),
        parse=parse.text(60),
        max_length=60,
        example=_("抖音"),
    ),
    Column(
        key="campaign",
        label=_("活动编号"),
        aliases=("活动", "campaign"),
        sql_type="bigint",
        tidy=parse.tidy_number,
        parse=parse.number("bigint"),
        unreadable=_("活动要填编号，在活动页的地址里。"),
        level=Level.REJECT,
        example="12",
    ),
    Column(
        key="order_no",
        label=_("订单号"),
        aliases=("单号", "订单编号", "order no"),
        parse=parse.text(60),
        max_length=60,
        example="E202500000001",
    ),
    Column(
        key="note",
        label=_("说明"),
        aliases=("备注", "note"),
        parse=parse.text(120),
        max_length=120,
        example=_("春节投放"),
    ),
)
