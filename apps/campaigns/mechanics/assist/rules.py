"""The rules of an assist, and which of them cannot work together."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base import Problem, Rules, rule
from apps.campaigns.mechanics.base.rules import Steps


@dataclass(frozen=True, kw_only=True)
class AssistRules(Rules):
    stages: Steps = rule(
        _("助力台阶"),
        default=(3, 10, 30),
        minimum=1,
        maximum=10_000,
        why=_("每到一个人数发一档礼品。第一档要低，让多数人能拿到；常用 3、10、30。"),
        unit=_("人"),
    )
    hours: int = rule(
        _("限时"),
        default=72,
        minimum=1,
        maximum=24 * 60,
        why=_("从发起到截止的小时数；本期先结束的，以本期为准。"),
        unit=_("小时"),
    )
    is_new_only: bool = rule(
        _("只有新成员能助力"),
        default=True,
        why=_("新成员：本期开始之后才第一次登记、也没有更早入群的人。拉新活动请打开。"),
    )
    helps_per_member: int = rule(
        _("每人最多助力"),
        default=3,
        minimum=1,
        maximum=1_000,
        why=_("同一个人在一期里最多帮几个人；防止互刷群。"),
        unit=_("次"),
    )
    voids_leavers: bool = rule(
        _("退群作废"),
        default=True,
        why=_("助力的人在结算前退出活动社群，这次助力作废，人数重新计算。"),
    )
    needs_proof: bool = rule(
        _("截图任务"),
        default=False,
        why=_("助力要上传截图，由运营审核后才算数。适合关注、评论等平台外的任务。"),
    )

    review_hours: int = rule(
        _("审核留几时"),
        default=48,
        minimum=1,
        maximum=24 * 15,
        why=_("到时间还没审核的截图再等多久；过了还没审核，按不通过算。只在截图任务里用。"),
        unit=_("小时"),
    )

    def problems(self) -> Iterable[Problem]:
        if not self.stages:
            yield Problem("stages", _("请至少写一档助力人数。"), _("例如 3, 10, 30。"))
        if list(self.stages) != sorted(set(self.stages)):
            yield Problem("stages", _("台阶要从小到大、不重复。"), _("例如 3, 10, 30。"))
