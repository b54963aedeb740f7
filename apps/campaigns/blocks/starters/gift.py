"""送礼."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.starters.base import Starter
from apps.campaigns.enums import Theme

STARTER = Starter(
    key="gift",
    theme=Theme.PURPLE,
    bait=_("一份心意，亲手送到"),
    bait_text=_("选好礼物，写一句祝福，发给想念的人。对方打开就能收下。"),
    steps=(
        _("选好礼物，写上祝福"),
        _("把礼物链接发给一位朋友"),
        _("朋友打开，收下礼物"),
        _("没人收下的，按规则退回或归你"),
    ),
    questions=(
        (_("链接被别人抢了怎么办？"), _("一份礼物只有一个人能收下。请单独发给对方，不要发到大群。")),
        (_("朋友没来得及收怎么办？"), _("到期没有收下，会按规则退款或归还给你，不会消失。")),
    ),
)
