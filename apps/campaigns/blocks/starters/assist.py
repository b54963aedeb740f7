"""助力."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.starters.base import Starter
from apps.campaigns.enums import Theme

STARTER = Starter(
    key="assist",
    theme=Theme.ORANGE,
    bait=_("请朋友点一下，礼品归你"),
    bait_text=_("到一档，领一档。朋友不用花钱，点一下就算帮忙。"),
    steps=(
        _("发起自己的助力"),
        _("发给朋友，请他们点“为 TA 助力”"),
        _("到一档，礼品自动到账"),
        _("在“我的”里领取或使用"),
    ),
    questions=(
        (_("同一个人能帮几次？"), _("同一单每人只能帮一次；一期里最多帮几个人，看规则。")),
        (_("帮忙的人要花钱吗？"), _("不用，登录后点一下就好。")),
    ),
)
