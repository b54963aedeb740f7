"""参与作废多: much of what came in did not count."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    voided, contributed = case.of("voided"), case.of("contributed")
    if contributed < 30 or voided / contributed < 0.1:
        return None
    return Hypothesis(
        "voided_help",
        _("不少参与被作废：有人刷，或来了又走"),
        (
            _("%(contributed)d 次参与里作废了 %(voided)d 次。")
            % {"contributed": contributed, "voided": voided},
        ),
        (_("看风控复核里的疑点集中在哪些发起人"), _("礼品改成进群满几天再发")),
        min(1.0, 0.3 + voided / contributed),
    )


RULE = Rule("voided_help", _judge)
