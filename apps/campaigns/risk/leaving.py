"""来了就走: new accounts that help and are gone within hours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.campaigns.risk.base import Finding, RiskParams, RiskRule, rule, score_rule
from apps.campaigns.risk.facts import EntryFacts, PartFact


@dataclass(frozen=True, kw_only=True)
class LeavingParams(RiskParams):
    hours: int = rule(
        _("多久内退群"),
        default=48,
        unit=_("小时"),
        minimum=1,
        maximum=720,
        why=_("拿到礼品就走一般在两天内。"),
    )
    helpers: int = rule(
        _("至少几个人"),
        default=3,
        unit=_("人"),
        minimum=1,
        maximum=1000,
        why=_("一两个人不喜欢就走，很平常。"),
    )
    percent: int = rule(
        _("占这一单多少"),
        default=40,
        unit="%",
        minimum=1,
        maximum=100,
        why=_("拉新活动正常也会流失一两成；四成以上就不像自然流失。"),
    )
    score: int = score_rule(_("可疑分"), default=20, why=_("每条记录的分：三个一共 60 分，暂扣。"))


class Leaving(RiskRule[LeavingParams]):
    key = "leaving"
    label = _("新人来了就走")
    help = _("这一单的参与者里，许多是新成员，参与后很快退了所有群。")
    advice = _("看是不是群里出了事，大家一起退的；是的话可以放行。")
    params_type = LeavingParams

    def look(self, facts: EntryFacts, params: LeavingParams) -> Iterable[Finding]:
        # A leaver's contribution may be void already: it is evidence all the same.
        helpers = [part for part in facts.parts if part.member_id != facts.owner_id]
        everybody = {part.member_id for part in helpers}
        gone = [part for part in helpers if _is_gone(part, params.hours)]
        count = len({part.member_id for part in gone})
        if count < params.helpers or count * 100 < params.percent * len(everybody):
            return
        for part in gone:
            yield self.about_part(
                facts,
                part.id,
                part.member_id,
                params.score,
                gone=count,
                helpers=len(everybody),
                hours=params.hours,
            )

    def sentence(self, evidence: Mapping[str, Any]) -> str:
        return _now("新成员，参与后 %(hours)d 小时内退了群；本单 %(helpers)d 人里这样的有 %(gone)d 人。") % {
            name: evidence.get(name, 0) for name in ("hours", "helpers", "gone")
        }


def _is_gone(part: PartFact, hours: int) -> bool:
    left = part.habits.left_hours if part.habits else None
    return part.is_new and left is not None and left <= hours


RULE = Leaving()
