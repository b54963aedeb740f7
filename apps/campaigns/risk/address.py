"""同一地址: many members of a run have their parcels sent to one place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.campaigns.risk.base import Finding, RiskParams, RiskRule, rule, score_rule
from apps.campaigns.risk.facts import EntryFacts


@dataclass(frozen=True, kw_only=True)
class AddressParams(RiskParams):
    members: int = rule(
        _("一个地址几个人"),
        default=4,
        unit=_("人"),
        minimum=2,
        maximum=1000,
        why=_("一家三口寄到一处很平常；地址写法不同也认得出是同一处。"),
    )
    score: int = score_rule(_("可疑分"), default=60, why=_("还没发货，先扣住问一句不耽误。"))


class Address(RiskRule[AddressParams]):
    key = "address"
    label = _("同一收货地址")
    help = _("本期好几位成员的礼品寄到同一个地址。成员填地址时查，发货之前扣住。")
    advice = _("公司前台、驿站、学校会有许多人共用：看门牌是否到户。")
    params_type = AddressParams

    def look(self, facts: EntryFacts, params: AddressParams) -> Iterable[Finding]:
        for parcel in facts.parcels:
            if parcel.members >= params.members:
                yield Finding(
                    self.key,
                    f"{self.key}:grant:{parcel.grant_id}",
                    params.score,
                    {"members": parcel.members},
                    parcel.member_id,
                )

    def sentence(self, evidence: Mapping[str, Any]) -> str:
        return _now("本期有 %(members)d 位成员的礼品寄到这个地址。") % {"members": evidence.get("members", 0)}


RULE = Address()
