"""比赛."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.starters.base import Starter
from apps.campaigns.enums import Theme

STARTER = Starter(
    key="contest",
    theme=Theme.BLUE,
    bait=_("名次看得见，奖品按名次"),
    bait_text=_("分数怎么来、同分怎么排，都写在规则里。结束后核对名次，再发奖。"),
    steps=(
        _("报名参赛"),
        _("按规则得分"),
        _("榜单实时更新"),
        _("核对名次后，按名次发奖"),
    ),
    questions=(
        (_("同分怎么排？"), _("先到这个分数的人在前。")),
        (_("有人作弊怎么办？"), _("查实的分数会作废，名次重新排。")),
    ),
)
