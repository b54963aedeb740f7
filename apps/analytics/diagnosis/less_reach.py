"""看到的人少了: the drop began before the page."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    now, before = case.of("viewed"), case.was("viewed")
    if before < 50 or now > before * 0.7:
        return None
    return Hypothesis(
        "less_reach",
        _("看到活动的人变少了"),
        (_("打开页面 %(now)d 次，上次 %(was)d 次。") % {"now": now, "was": before},),
        (_("增加预热和倒计时的帖子"), _("检查各渠道的链接和二维码还能不能打开"), _("请团长和 KOC 各转一次")),
        min(1.0, 1 - now / before),
    )


RULE = Rule("less_reach", _judge)
