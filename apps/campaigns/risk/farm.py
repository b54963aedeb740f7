"""帮手团: people who do nothing but help the same few owners."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.campaigns.risk.base import Finding, RiskParams, RiskRule, rule, score_rule
from apps.campaigns.risk.facts import EntryFacts, Habits


@dataclass(frozen=True, kw_only=True)
class FarmParams(RiskParams):
    days: int = rule(
        _("看多少天"), default=60, unit=_("天"), minimum=1, maximum=365, why=_("两个月里的各期活动。")
    )
    times: int = rule(
        _("帮同一个人几单"),
        default=4,
        unit=_("单"),
        minimum=2,
        maximum=1000,
        why=_("好朋友每期都帮一把很正常，所以还要看下面两条。"),
    )
    owners: int = rule(
        _("一共只帮几个人"),
        default=2,
        unit=_("人"),
        minimum=1,
        maximum=100,
        why=_("普通成员会帮不同的朋友。"),
    )
    helpers: int = rule(
        _("一单里有几个这样的人"),
        default=3,
        unit=_("人"),
        minimum=2,
        maximum=1000,
        why=_("一两个是铁杆朋友。"),
    )
    score: int = score_rule(_("可疑分"), default=20, why=_("每条记录的分：三个一共 60 分，暂扣。"))


class Farm(RiskRule[FarmParams]):
    key = "farm"
    label = _("帮手团")
    help = _("好几个人总在帮同样一两个发起人，自己从来不发起。")
    advice = _("看这些人的入群时间和邀请人是否一样，有没有真实订单。")
    params_type = FarmParams

    def look(self, facts: EntryFacts, params: FarmParams) -> Iterable[Finding]:
        hands = [
            (part, part.habits)
            for part in facts.helpers
            if part.habits is not None and _is_hand(part.habits, params)
        ]
        count = len({part.member_id for part, _habits in hands})
        if count < params.helpers:
            return
        for part, habits in hands:
            yield self.about_part(
                facts,
                part.id,
                part.member_id,
                params.score,
                times=habits.helped_owner,
                owners=habits.owners,
                helpers=count,
                days=params.days,
            )

    def sentence(self, evidence: Mapping[str, Any]) -> str:
        return _now(
            "%(days)d 天里帮了这位发起人 %(times)d 单，一共只帮过 %(owners)d 个人，自己从不发起；本单这样的有 %(helpers)d 人。"
        ) % {name: evidence.get(name, 0) for name in ("days", "times", "owners", "helpers")}


def _is_hand(habits: Habits, params: FarmParams) -> bool:
    return not habits.has_opened and habits.helped_owner >= params.times and habits.owners <= params.owners


RULE = Farm()
