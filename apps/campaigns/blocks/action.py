"""行动: the call to action."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import ANYWHERE, Block
from apps.campaigns.blocks.fields import Field

BLOCK = Block(
    key="action",
    label=_("行动按钮"),
    help=_("再说一次：点这里参加。按钮随活动状态变化。"),
    icon="ads_click",
    sections=ANYWHERE,
    inputs=(
        Field("text", _("引导语"), most=40),
        Field("button", _("按钮文字"), most=12, help=_("留空就用玩法自己的说法，例如“我要砍价”。")),
    ),
    is_live=True,
)
