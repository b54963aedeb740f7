"""退款多: what was sold comes back."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    paid, refunded = case.of("paid"), case.of("refunded")
    usual = case.usual("refunded", "paid")
    limit = 0.1 if usual is None else max(0.05, usual * 1.5)
    if case.of("orders") < 20 or not paid or refunded / paid <= limit:
        return None
    return Hypothesis(
        "refunds",
        _("退款偏多"),
        (_("付款 ¥%(paid).2f，退了 ¥%(refunded).2f。") % {"paid": paid, "refunded": refunded},),
        (_("看退款原因，和商品页写的对一遍"), _("拼团失败多就降低成团人数")),
        min(1.0, 0.2 + refunded / paid),
    )


RULE = Rule("refunds", _judge)
