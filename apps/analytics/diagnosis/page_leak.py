"""看了不参加: the landing page loses people."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    rate, usual = case.share("entered", "viewed"), case.usual("entered", "viewed")
    if rate is None or usual is None or case.of("viewed") < 30 or not case.is_weak("enter"):
        return None
    return Hypothesis(
        "page_leak",
        _("落地页没让人马上看懂好处"),
        (
            _("打开后发起的有 %(rate).1f%%，同类一般 %(usual).1f%%。")
            % {"rate": rate * 100, "usual": usual * 100},
        ),
        (
            _("把诱饵和“立即参加”放到首屏，做 A/B 对比"),
            _("中段补上真实评价和数据"),
            _("看看区块热度，删掉没人看的部分"),
        ),
        min(1.0, 1 - rate / usual) if usual else 0.0,
    )


RULE = Rule("page_leak", _judge)
