"""扎堆: many members from one device, or from one network, within minutes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.campaigns.risk.base import Finding, RiskParams, RiskRule, rule, score_rule
from apps.campaigns.risk.facts import EntryFacts, PartFact


@dataclass(frozen=True, kw_only=True)
class BurstParams(RiskParams):
    minutes: int = rule(
        _("前后多久算一起"),
        default=10,
        unit=_("分钟"),
        minimum=1,
        maximum=120,
        why=_("换号再点一般几分钟一个。"),
    )
    device_members: int = rule(
        _("一台设备几个人"),
        default=3,
        unit=_("人"),
        minimum=2,
        maximum=100,
        why=_("夫妻共用一台平板是两个人；三个账号轮流登录就少见了。看整期，不只看一单。"),
    )
    device_score: int = score_rule(
        _("设备扎堆"), default=30, why=_("每条记录的分；人数翻倍，分也翻倍。三个人在一单里就是 90 分。")
    )
    ip_members: int = rule(
        _("一个网络几个人"),
        default=8,
        unit=_("人"),
        minimum=3,
        maximum=1000,
        why=_("办公室、宿舍、手机网络都会共用出口，人少不算；只看同一单。"),
    )
    ip_score: int = score_rule(_("网络扎堆"), default=10, why=_("每条记录的分：8 人一共 80 分，请人看一眼。"))


class Burst(RiskRule[BurstParams]):
    key = "burst"
    label = _("同设备、同网络扎堆")
    help = _("几分钟里，一台设备上轮流登录好几个账号，或一个网络里许多人参与同一单。")
    advice = _("公司、学校统一参加会触发网络扎堆：问问发起人在哪里转发的。")
    params_type = BurstParams

    def look(self, facts: EntryFacts, params: BurstParams) -> Iterable[Finding]:
        crowds = _crowds(facts.helpers, timedelta(minutes=params.minutes), params.ip_members)
        for part in facts.helpers:
            if part.on_device >= params.device_members:
                times = part.on_device // params.device_members
                yield self.about_part(
                    facts,
                    part.id,
                    part.member_id,
                    params.device_score * times,
                    device=True,
                    members=part.on_device,
                    minutes=params.minutes,
                )
            elif part.id in crowds:
                yield self.about_part(
                    facts,
                    part.id,
                    part.member_id,
                    params.ip_score,
                    device=False,
                    members=crowds[part.id],
                    minutes=params.minutes,
                )

    def sentence(self, evidence: Mapping[str, Any]) -> str:
        words = {"members": evidence.get("members", 0), "minutes": evidence.get("minutes", 0)}
        if evidence.get("device"):
            return _now("前后 %(minutes)d 分钟，这台设备上有 %(members)d 个账号参与。") % words
        return _now("前后 %(minutes)d 分钟，同一个网络有 %(members)d 人参与这一单。") % words


def _crowds(parts: Iterable[PartFact], span: timedelta, least: int) -> dict[int, int]:
    """Members on each part's network around its time, where they are at least ``least``."""
    networks: dict[str, list[PartFact]] = defaultdict(list)
    for part in parts:
        if part.ip_hash:
            networks[part.ip_hash].append(part)
    found: dict[int, int] = {}
    for crowd in networks.values():
        if len(crowd) < least:
            continue
        for part in crowd:
            members = len({other.member_id for other in crowd if abs(other.at - part.at) <= span})
            if members >= least:
                found[part.id] = members
    return found


RULE = Burst()
