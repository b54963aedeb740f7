"""来的是老面孔: contributions come from members we have already."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    rate, usual = case.share("new_members", "contributed"), case.usual("new_members", "contributed")
    if rate is None or usual is None or not case.is_weak("new"):
        return None
    return Hypothesis(
        "old_friends",
        _("在老成员之间打转，没有出圈"),
        (
            _("参与的人里新人占 %(rate).1f%%，同类一般 %(usual).1f%%。")
            % {"rate": rate * 100, "usual": usual * 100},
        ),
        (_("规则改成新人助力才算，或新人算两次"), _("把活动投到还没合作过的渠道和同城群")),
        min(1.0, 1 - rate / usual),
    )


RULE = Rule("old_friends", _judge)
