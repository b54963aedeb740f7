"""下单没付: orders lapse."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    created, lapsed = case.of("orders_created"), case.of("orders_lapsed")
    usual = case.usual("orders_lapsed", "orders_created")
    limit = 0.3 if usual is None else max(0.15, usual * 1.3)
    if created < 20 or lapsed / created <= limit:
        return None
    return Hypothesis(
        "unpaid",
        _("下了单没有付款"),
        (_("%(created)d 单里 %(lapsed)d 单超时没付。") % {"created": created, "lapsed": lapsed},),
        (_("下单后 10 分钟提醒一次付款"), _("检查支付页在微信里能不能打开"), _("把运费和总价提前说清楚")),
        min(1.0, lapsed / created),
    )


RULE = Rule("unpaid", _judge)
