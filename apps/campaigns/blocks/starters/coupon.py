"""领券."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.starters.base import Starter
from apps.campaigns.enums import Theme

STARTER = Starter(
    key="coupon",
    theme=Theme.GREEN,
    bait=_("你一张，朋友一张"),
    bait_text=_("朋友从你的页面领到一张，你也同时得到一张：要么都有，要么都没有。"),
    steps=(
        _("点“领券”，拿到自己的邀请页"),
        _("发给还没来过的朋友"),
        _("朋友领券，你同时到账"),
        _("到店或下单时出示券码"),
    ),
    questions=(
        (_("券什么时候能用？"), _("券上写着有效期和使用条件，在“我的卡券”里看。")),
        (
            _("朋友领了，我没收到怎么办？"),
            _("两边是同时发的。没看到时刷新“我的卡券”；仍没有，请联系群里的客服。"),
        ),
    ),
)
