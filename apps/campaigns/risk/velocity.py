"""快得不像人: an entry that fills faster than people can pass a link on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.campaigns.risk.base import Finding, RiskParams, RiskRule, rule, score_rule
from apps.campaigns.risk.facts import EntryFacts

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class VelocityParams(RiskParams):
    first_members: int = rule(
        _("发起后最先几个人"), default=5, unit=_("人"), minimum=2, maximum=100, why=_("太少容易碰巧。")
    )
    first_seconds: int = rule(
        _("在多少秒内到齐"),
        default=10,
        unit=_("秒"),
        minimum=1,
        maximum=3600,
        why=_("转发到群、朋友看到、点开、点按钮，再快也要十几秒。"),
    )
    first_score: int = score_rule(_("发起就到齐"), default=60, why=_("人做不到，直接暂扣。"))
    per_minute: int = rule(
        _("一分钟最多几个人"),
        default=30,
        unit=_("人"),
        minimum=2,
        maximum=10_000,
        why=_("五百人的群里一分钟三十人点开已经很热闹。"),
    )
    minute_score: int = score_rule(
        _("一分钟太多"), default=40, why=_("大号转发也会这样，单凭它不暂扣，和别的疑点一起才够。")
    )


class Velocity(RiskRule[VelocityParams]):
    key = "velocity"
    label = _("快得不像人")
    help = _("刚发起就凑齐，或一分钟里涌进来太多人。")
    advice = _("直播间、大群同时喊话会很快：看参与者的来源是否分散。")
    params_type = VelocityParams

    def look(self, facts: EntryFacts, params: VelocityParams) -> Iterable[Finding]:
        times = sorted(part.at for part in facts.helpers if part.is_seat)
        if len(times) >= params.first_members:
            # Only of entries that are seen whole: of longer ones the first helpers are no longer among the facts.
            took = (times[params.first_members - 1] - facts.opened_at).total_seconds()
            if 0 <= took <= params.first_seconds:
                yield self.about_entry(
                    facts, params.first_score, members=params.first_members, seconds=round(took, 1)
                )
                return
        peak = _peak(times)
        if peak >= params.per_minute:
            yield self.about_entry(facts, params.minute_score, members=peak, seconds=60, is_peak=True)

    def sentence(self, evidence: Mapping[str, Any]) -> str:
        seconds = evidence.get("seconds", 0)
        words = {"members": evidence.get("members", 0), "seconds": f"{seconds:g}"}
        if evidence.get("is_peak"):
            return _now("一分钟里来了 %(members)d 人。") % words
        return _now("发起后 %(seconds)s 秒就有 %(members)d 人参与。") % words


def _peak(times: list[datetime]) -> int:
    """Most moments within one minute."""
    best = start = 0
    for end, moment in enumerate(times):
        while moment - times[start] > _MINUTE:
            start += 1
        best = max(best, end - start + 1)
    return best


RULE = Velocity()
