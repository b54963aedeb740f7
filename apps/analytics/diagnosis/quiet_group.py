"""人多了，话少了: more members, fewer active ones."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    now, before = case.share("active", "in_group"), case.share_before("active", "in_group")
    if now is None or before is None or case.of("in_group") < 30 or now > before * 0.75:
        return None
    return Hypothesis(
        "quiet_group",
        _("活跃的人变少，群在变安静"),
        (_("活跃成员占 %(now).1f%%，上次 %(was).1f%%。") % {"now": now * 100, "was": before * 100},),
        (
            _("安排一次只有群里有的互动（抽奖、打卡、话题）"),
            _("先找回 10 位老活跃成员带头"),
            _("长期不动就把活跃成员移到新群"),
        ),
        min(1.0, 1 - now / before),
    )


RULE = Rule("quiet_group", _judge)
