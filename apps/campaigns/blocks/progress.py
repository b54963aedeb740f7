"""进度: stock, entries or people, from real numbers."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="progress",
    label=_("进度"),
    help=_("真实的数字：还剩多少份，多少人在参加。没有数字时不显示。"),
    icon="data_usage",
    sections=(Section.TOP, Section.MIDDLE),
    inputs=(
        Field("title", _("标题"), most=30),
        Field(
            "shows",
            _("显示什么"),
            FieldKind.CHOICE,
            choices=(("stock", _("剩余份数")), ("people", _("参加人数")), ("both", _("两样都显示"))),
            default="both",
        ),
    ),
    is_live=True,
)
