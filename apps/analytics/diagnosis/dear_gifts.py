"""礼品太贵: rewards cost more than they bring."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    cost, revenue, new = case.of("reward_cost"), case.of("revenue"), case.of("new_members")
    usual = case.usual("reward_cost", "new_members")
    each = cost / new if new else None
    is_loss = cost > 0 and 0 < revenue < cost
    is_dear = each is not None and usual is not None and new >= 10 and each > usual * 1.3
    if not is_loss and not is_dear:
        return None
    evidence = [_("礼品成本 ¥%(cost).2f，成交 ¥%(revenue).2f。") % {"cost": cost, "revenue": revenue}]
    if is_dear:
        evidence.append(
            _("每个新成员花 ¥%(each).2f，同类一般 ¥%(usual).2f。") % {"each": each, "usual": usual}
        )
    return Hypothesis(
        "dear_gifts",
        _("礼品花得不值"),
        tuple(evidence),
        (_("换成本低、感知价值高的礼品（券、积分、会员天数）"), _("把大奖放到更高的一档，首档用小礼")),
        min(1.0, 0.4 + (cost - revenue) / cost) if is_loss else 0.5,
    )


RULE = Rule("dear_gifts", _judge)
