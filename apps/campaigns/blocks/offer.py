"""优惠: the price and what one gets for it."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="offer",
    label=_("优惠和价格"),
    help=_("多少钱、得到什么。规则里有价格时用规则的价格，不会写错。"),
    icon="sell",
    sections=(Section.TOP, Section.BOTTOM),
    inputs=(
        Field("title", _("标题"), most=30),
        Field("price", _("价格"), FieldKind.MONEY, help=_("元。规则里有价格时，以规则为准。")),
        Field("original", _("原价"), FieldKind.MONEY, help=_("元。要是真实卖过的价格；留空不显示。")),
        Field("gets", _("得到什么"), FieldKind.LIST, help=_("一行一条。"), most=6, each=(40,)),
        Field("shows_gifts", _("列出本期礼品"), FieldKind.BOOLEAN, default=True),
        Field("note", _("小字说明"), most=80),
    ),
    is_live=True,
)
