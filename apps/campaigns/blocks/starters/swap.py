"""换物."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.starters.base import Starter
from apps.campaigns.enums import Theme

STARTER = Starter(
    key="swap",
    theme=Theme.GREEN,
    bait=_("家里的闲置，换成想要的"),
    bait_text=_("拍张照片，写明想换什么。看中谁的，提一个报价。"),
    steps=(
        _("拍照上架，写明想换什么"),
        _("等报价，或去看看别人的"),
        _("接受一个报价"),
        _("双方都确认，交换完成"),
    ),
    questions=(
        (_("换到一半反悔怎么办？"), _("双方都确认之前可以退出，东西各归各的。")),
        (_("东西和照片不一样怎么办？"), _("先别确认，在页面上说明情况，由工作人员来看。")),
    ),
)
