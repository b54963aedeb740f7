"""砍价."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.starters.base import Starter
from apps.campaigns.enums import Theme

STARTER = Starter(
    key="bargain",
    theme=Theme.ORANGE,
    bait=_("一人一刀，价格往下走"),
    bait_text=_("每一刀都看得见，刀数是定好的：人数够了，一定到底价。"),
    steps=(
        _("发起砍价，货给你算着"),
        _("请朋友来砍一刀"),
        _("价格一刀刀往下走"),
        _("到底价后，在时限内买下"),
    ),
    questions=(
        (_("会不会永远差一点？"), _("不会。需要几刀是事先定好的，够数就到底价。")),
        (_("到底价后多久要买？"), _("货会为你留一段时间，规则里写着；过时会放给别人。")),
    ),
)
