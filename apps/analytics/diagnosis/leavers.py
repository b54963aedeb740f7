"""进群又走: more than usual left."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    joined, left = case.of("joined"), case.of("left")
    usual = case.usual("left", "joined")
    limit = 0.3 if usual is None else max(0.1, usual * 1.3)
    if joined < 20 or left / joined <= limit:
        return None
    evidence = [_("进群 %(joined)d 人，退群 %(left)d 人。") % {"joined": joined, "left": left}]
    if usual is not None:
        evidence.append(_("同类的退群与进群之比一般是 %(usual).0f%%。") % {"usual": usual * 100})
    return Hypothesis(
        "leavers",
        _("进群的人留不住"),
        tuple(evidence),
        (
            _("入群当天发欢迎语、群规和新人福利"),
            _("核对引流承诺和群里给的是不是一回事"),
            _("减少入群三天内的硬广"),
        ),
        min(1.0, left / joined),
    )


RULE = Rule("leavers", _judge)
