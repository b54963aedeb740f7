"""券没人用: coupons are handed out and not used."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    issued, used = case.of("coupons_issued"), case.of("coupons_used")
    usual = case.usual("coupons_used", "coupons_issued")
    limit = 0.2 if usual is None else usual * 0.7
    if issued < 30 or used / issued >= limit:
        return None
    return Hypothesis(
        "unused_coupons",
        _("券发出去了，没人核销"),
        (_("发了 %(issued)d 张，用了 %(used)d 张。") % {"issued": issued, "used": used},),
        (_("到期前一天提醒还没用的人"), _("降低使用门槛，或换成更想买的品")),
        0.5 * (1 - used / issued),
    )


RULE = Rule("unused_coupons", _judge)
