"""买一次就走: few come back to buy."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    rate, usual = case.share("buyers_again", "buyers"), case.usual("buyers_again", "buyers")
    before = case.share_before("buyers_again", "buyers")
    mark = usual if usual is not None else before
    if rate is None or mark is None or case.of("buyers") < 30 or case.days < 14 or rate > mark * 0.7:
        return None
    return Hypothesis(
        "one_time",
        _("买过一次就不再买"),
        (_("复购率 %(rate).1f%%，一般 %(mark).1f%%。") % {"rate": rate * 100, "mark": mark * 100},),
        (_("首单后第 3 天发一张限时复购券"), _("给 30 天没下单的成员做一次召回")),
        min(1.0, 1 - rate / mark),
    )


RULE = Rule("one_time", _judge)
