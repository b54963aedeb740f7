"""主视觉: what it is about, in one glance."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="hero",
    label=_("主视觉"),
    help=_("第一眼看到的：主题、一句话、主图和倒计时。"),
    icon="wallpaper",
    sections=(Section.TOP,),
    inputs=(
        Field("headline", _("主标题"), most=40, help=_("留空就用活动的主标题。")),
        Field("sub", _("副标题"), most=80, help=_("一句话说清能得到什么；留空就用玩法自己的话。")),
        Field("picture", _("主图"), FieldKind.PICTURE, help=_("横图或方图都可以；也用作分享卡片的图。")),
        Field("shows_countdown", _("显示倒计时"), FieldKind.BOOLEAN, default=True),
    ),
)
