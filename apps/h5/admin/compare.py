"""A/B 对照: what the comparison of two landing versions says, and what it does not say yet."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.campaigns.mechanics.registry import all_mechanics
from apps.core.clock import database_now
from apps.core.proportions import Interval
from apps.h5.admin.pages import campaign_with_visits, show, tabs
from apps.h5.selectors.landing_figures import LIFT, PATIENCE, Reading, reading_of

#: The scale shows at least ± this difference, so that chance does not look large.
_LEAST_SCALE = 0.1


@dataclass(frozen=True)
class Verdict:
    """``tone`` is ``won``, ``odd`` or empty."""

    title: str
    text: str
    icon: str
    tone: str = ""


@dataclass(frozen=True)
class Scale:
    """An interval drawn on a line from ``-most`` to ``most`` (per cent of the width, 50 is no difference)."""

    low: float
    middle: float
    high: float
    most: str


def compare_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    campaign = campaign_with_visits(request, pk)
    reading = reading_of(campaign.pk, now=database_now())
    context = {} if reading is None else _shown(reading)
    return show(
        model_admin,
        request,
        "compare.html",
        title=_("A/B 对照"),
        campaign=campaign,
        mechanic=all_mechanics().get(campaign.mechanic),
        tabs=tabs(campaign, "compare"),
        reading=reading,
        **context,
    )


def _shown(reading: Reading) -> dict[str, object]:
    return {
        "verdict": verdict_of(reading),
        "sides": [
            {
                "side": side,
                "login": _share(side.login_share, side.login_interval),
                "part": _share(side.part_share, side.part_interval),
            }
            for side in (reading.a, reading.b)
        ],
        "scales": [
            (_("参与（发起或帮好友）"), _difference(reading.difference, reading.interval), True),
            (_("登录"), _difference(reading.login_difference, reading.login_interval), False),
        ],
        "done": min(reading.visitors, reading.planned),
        "lift": round(100 * LIFT),
        "base": _percent(reading.base),
        "hours": int(PATIENCE.total_seconds() // 3600),
    }


def verdict_of(reading: Reading) -> Verdict:
    """The one sentence. A winner is named only when the plan is fulfilled (``Reading.winner``)."""
    planned = f"{reading.planned:,}"
    if reading.is_split_off:
        return Verdict(
            _("两边的人数和设定的比例对不上，先不下结论"),
            _("可能中途调过流量，或有一边打不开。查清原因以后，重新发布两个版本再比。"),
            "warning",
            "odd",
        )
    if reading.winner:
        words = _percent(abs(reading.difference))
        return Verdict(
            _("%(side)s 方案更好") % {"side": reading.winner},
            _("事先定的 %(planned)s 位访客到齐了，参与的比例高 %(points)s 个百分点，超出了碰巧的范围。")
            % {"planned": planned, "points": words.rstrip("%")},
            "emoji_events",
            "won",
        )
    if reading.is_final:
        return Verdict(
            _("看不出差别"),
            _("事先定的 %(planned)s 位访客到齐了，两边的差别在碰巧的范围内：用哪个都行。")
            % {"planned": planned},
            "balance",
        )
    if reading.end is not None and reading.missing:
        return Verdict(
            _("没比完，没有结论"),
            _("有一个版本提前下线了，还差 %(missing)s 位访客。") % {"missing": f"{reading.missing:,}"},
            "stop_circle",
        )
    if reading.settles_at is not None:
        at = timezone.localtime(reading.settles_at)
        return Verdict(
            _("人数到齐了，还在等最后几位"),
            _("每位访客都有同样长的时间决定，%(time)s 出结论。") % {"time": f"{at:%m-%d %H:%M}"},
            "hourglass_top",
        )
    return Verdict(
        _("还看不出差别，大约还要 %(missing)s 位访客") % {"missing": f"{reading.missing:,}"},
        _("开始前就定了看 %(planned)s 位。没到之前，谁高谁低都可能是碰巧。") % {"planned": planned},
        "hourglass_top",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _share(share: float, interval: Interval) -> dict[str, str]:
    return {"share": _percent(share), "low": _percent(interval.low), "high": _percent(interval.high)}


def _difference(middle: float, interval: Interval) -> dict[str, object]:
    most = max(_LEAST_SCALE, abs(interval.low), abs(interval.high))

    def place(value: float) -> float:
        return round(50 + 48 * value / most, 2)

    return {
        "scale": Scale(place(interval.low), place(middle), place(interval.high), _percent(most)),
        "middle": f"{100 * middle:+.1f}",
        "low": f"{100 * interval.low:+.1f}",
        "high": f"{100 * interval.high:+.1f}",
    }
