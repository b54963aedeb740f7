"""发帖少了: fewer posts than before, and fewer active members with them."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    posts, before = case.of("posts_sent"), case.was("posts_sent")
    active, active_before = case.of("active"), case.was("active")
    if before < 3 or posts > before * 0.7 or not active_before or active > active_before * 0.95:
        return None
    return Hypothesis(
        "few_posts",
        _("发帖少了，群里跟着冷下来"),
        (
            _("这次发出 %(now)d 条，上次 %(was)d 条。") % {"now": posts, "was": before},
            _("活跃成员 %(now)d 人，上次 %(was)d 人。") % {"now": active, "was": active_before},
        ),
        (_("按内容 SOP 把每天的固定栏目排满一周"), _("每天安排一个互动话题")),
        min(1.0, 1 - posts / before),
    )


RULE = Rule("few_posts", _judge)
