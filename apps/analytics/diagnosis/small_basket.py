"""客单价低了: each order is smaller."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    now, before = case.share("paid", "orders"), case.share_before("paid", "orders")
    if (
        now is None
        or before is None
        or case.of("orders") < 20
        or case.was("orders") < 20
        or now > before * 0.85
    ):
        return None
    return Hypothesis(
        "small_basket",
        _("每单买得少了"),
        (_("客单价 ¥%(now).2f，上次 ¥%(was).2f。") % {"now": now, "was": before},),
        (_("爆品搭配利润品做组合"), _("设一档满减，门槛略高于现在的客单价")),
        min(1.0, 1 - now / before),
    )


RULE = Rule("small_basket", _judge)
