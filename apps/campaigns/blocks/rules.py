"""规则: the rules are on the page."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="rules",
    label=_("活动规则"),
    help=_("时间、对象、次数、礼品由系统按本期规则列出；你再补充。"),
    icon="gavel",
    sections=(Section.MIDDLE, Section.BOTTOM),
    inputs=(
        Field("title", _("标题"), most=30, default=_("活动规则")),
        Field("shows_run", _("列出本期规则"), FieldKind.BOOLEAN, default=True),
        Field("text", _("补充说明"), FieldKind.LONG, most=3000),
    ),
)
