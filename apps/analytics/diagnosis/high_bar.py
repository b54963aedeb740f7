"""门槛太高: members start, get help, and still do not make it."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    rate, usual = case.share("succeeded", "entered"), case.usual("succeeded", "entered")
    if rate is None or usual is None or not case.is_weak("finish") or case.is_weak("help"):
        return None
    return Hypothesis(
        "high_bar",
        _("目标定高了，或时限太短"),
        (
            _("发起后成功的有 %(rate).1f%%，同类一般 %(usual).1f%%。")
            % {"rate": rate * 100, "usual": usual * 100},
            _("每单带来的参与不比同类少，卡在最后几步。"),
        ),
        (
            _("降低人数，或改成阶梯目标：3 人先得一份小礼"),
            _("把时限延长到跨一个周末"),
            _("还差一两人时提醒发起人"),
        ),
        min(1.0, 1 - rate / usual),
    )


RULE = Rule("high_bar", _judge)
