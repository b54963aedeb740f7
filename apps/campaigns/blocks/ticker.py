"""实时动态: what really happened a moment ago."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="ticker",
    label=_("实时动态"),
    help=_("刚刚发生的真实参与，名字只露第一个字。没有人参加时不显示，绝不编造。"),
    icon="campaign",
    sections=(Section.TOP, Section.MIDDLE),
    inputs=(
        Field("title", _("标题"), most=30),
        Field("rows", _("显示几条"), FieldKind.NUMBER, least=3, most=12, default=5),
    ),
    is_live=True,
)
