"""拼团."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.starters.base import Starter
from apps.campaigns.enums import Theme

STARTER = Starter(
    key="group_buy",
    theme=Theme.RED,
    bait=_("人齐就是团价"),
    bait_text=_("自己开一个团，或者加入朋友的团。没拼成，付过的钱原路退回。"),
    steps=(
        _("开团或参团，先留住名额"),
        _("在时限内付款"),
        _("把团发给想一起买的朋友"),
        _("人齐成团，等着收货"),
    ),
    questions=(
        (_("没拼成怎么办？"), _("各自的付款原路退回，不用申请。")),
        (_("名额会被抢走吗？"), _("先占名额再付款；超时没付，名额会放出来给别人。")),
    ),
)
