"""A page for any mechanic."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.starters.base import Starter
from apps.campaigns.enums import Theme

STARTER = Starter(
    key="general",
    theme=Theme.RED,
    bait=_("和朋友一起，更划算"),
    bait_text=_("规则写在页面上，说到做到。"),
    steps=(
        _("点“参加”，用手机号登录"),
        _("按页面提示做一步"),
        _("把自己的页面发给朋友"),
        _("到账后在“我的”里查看"),
    ),
    questions=((_("什么时候知道结果？"), _("页面上一直看得到进度；有结果时，“我的”里会写明。")),),
)
