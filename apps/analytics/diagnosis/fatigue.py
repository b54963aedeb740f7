"""玩法疲劳: the same game draws fewer each time."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    now, before = case.of("entered"), case.was("entered")
    reach, reach_before = case.of("viewed"), case.was("viewed")
    if case.kind not in {"run", "campaign"} or before < 30 or now > before * 0.75:
        return None
    if reach_before and reach < reach_before * 0.75:
        return None  # fewer saw it: that is another story
    return Hypothesis(
        "fatigue",
        _("同一个玩法办多了，大家腻了"),
        (_("发起 %(now)d 人，上一期 %(was)d 人；看到的人并没有少这么多。") % {"now": now, "was": before},),
        (_("下一期换一个玩法或换一份诱饵"), _("隔一期再办，先用内容养一养")),
        min(1.0, 1 - now / before),
    )


RULE = Rule("fatigue", _judge)
