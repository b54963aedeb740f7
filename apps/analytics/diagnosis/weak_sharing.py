"""不愿转: entries get few contributions."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    rate, usual = case.share("contributed", "entered"), case.usual("contributed", "entered")
    if rate is None or usual is None or not case.is_weak("help"):
        return None
    return Hypothesis(
        "weak_sharing",
        _("发起的人不愿意、或不方便转发"),
        (_("每单平均带来 %(rate).1f 次参与，同类一般 %(usual).1f 次。") % {"rate": rate, "usual": usual},),
        (
            _("给好友也准备一份礼（双向奖励）"),
            _("换一张一眼看懂的分享海报"),
            _("先请种子用户带头发起，晒到群里"),
        ),
        min(1.0, 1 - rate / usual),
    )


RULE = Rule("weak_sharing", _judge)
