"""消息没送到: many posts failed."""

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.base import Case, Hypothesis, Rule


def _judge(case: Case) -> Hypothesis | None:
    failed, sent = case.of("posts_failed"), case.of("posts_sent")
    if failed < 3 or failed / (failed + sent) < 0.05:
        return None
    return Hypothesis(
        "failed_posts",
        _("一部分消息没有送到群里"),
        (
            _("%(failed)d 条没送到，占 %(share).0f%%。")
            % {"failed": failed, "share": 100 * failed / (failed + sent)},
        ),
        (_("检查失败的发送通道，换掉被移除的机器人"), _("把没送到的重要消息补发一次")),
        min(1.0, 0.3 + failed / (failed + sent)),
    )


RULE = Rule("failed_posts", _judge)
