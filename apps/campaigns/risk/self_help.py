"""自己帮自己: the helper is, by device or network, the owner."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.campaigns.risk.base import Finding, RiskParams, RiskRule, score_rule
from apps.campaigns.risk.facts import EntryFacts


@dataclass(frozen=True, kw_only=True)
class SelfHelpParams(RiskParams):
    device_score: int = score_rule(
        _("同一台设备"), default=60, why=_("小号多半就在发起人的手机上，一个就够暂扣。")
    )
    ip_score: int = score_rule(
        _("同一个网络"), default=15, why=_("一家三口共用一个网络很平常：三个帮手 45 分，不到 60 不暂扣。")
    )


class SelfHelp(RiskRule[SelfHelpParams]):
    key = "self_help"
    label = _("自己帮自己")
    help = _("参与者和发起人用同一台设备或同一个网络。")
    advice = _("看看两个账号的入群时间、邀请人和订单；家人共用一台手机可以放行。")
    params_type = SelfHelpParams

    def look(self, facts: EntryFacts, params: SelfHelpParams) -> Iterable[Finding]:
        devices, addresses = facts.owner_devices, facts.owner_addresses
        together = len({part.member_id for part in facts.helpers if part.ip_hash in addresses})
        for part in facts.helpers:
            if part.device_hash in devices:
                yield self.about_part(facts, part.id, part.member_id, params.device_score, device=True)
            elif part.ip_hash in addresses:
                yield self.about_part(
                    facts, part.id, part.member_id, params.ip_score, device=False, helpers=together
                )

    def sentence(self, evidence: Mapping[str, Any]) -> str:
        if evidence.get("device"):
            return _now("和发起人是同一台设备。")
        return _now("和发起人在同一个网络，本单这样的有 %(helpers)d 人。") % {
            "helpers": evidence.get("helpers", 1)
        }


RULE = SelfHelp()
