"""怎么玩: how to take part, in a few steps."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="steps",
    label=_("怎么玩"),
    help=_("三四步说清楚怎么参加。"),
    icon="format_list_numbered",
    sections=(Section.TOP, Section.MIDDLE),
    inputs=(
        Field("title", _("标题"), most=30, default=_("怎么参加")),
        Field("items", _("步骤"), FieldKind.LIST, help=_("一行一步。"), most=5, each=(50,), is_required=True),
    ),
)
