"""The words of a report: figures of the owner's scope, never anybody's name or phone."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import ReportPlan
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.report_times import days_before, days_of
from apps.analytics.selectors.scope import Scope, scope_of
from apps.analytics.selectors.wording import change_of, say
from apps.core.errors import NotAllowed
from apps.core.sentences import labelled

#: A robot's message holds about 2,000 bytes on the narrowest platform.
_SHORT_LINES = 12


@dataclass(frozen=True)
class Report:
    """``text`` goes by mail; ``short`` to robots."""

    title: str
    text: str
    short: str
    period: Period


def write_report(plan: ReportPlan, *, due_at: datetime) -> Report:
    """What the plan says of the days before ``due_at``. Raises ``NotAllowed`` when its owner may see no figures now."""
    owner = plan.owner
    if not owner.is_active or not owner.has_perm("analytics.view_dashboard"):
        raise NotAllowed(
            _("负责人“%s”已经看不了分析。") % owner, hint=_("请换一位同事保存这份报告，他就成为负责人。")
        )
    period = days_of(plan, due_at)
    with override(settings.LANGUAGE_CODE):
        lines = _lines(plan, scope_of(owner).narrowed(plan.team_id), period)
        days = str(period.first) if period.days == 1 else _("%s 至 %s") % (period.first, period.last)
        title = _("%(name)s · %(days)s") % {"name": plan.name, "days": days}
        whose = plan.team.name if plan.team else _("%s 看得到的全部团队") % owner
        head = _("范围：%s") % whose
        foot = _("打开看板：%s") % f"{settings.SITE_URL}/admin/analytics/overview/"
        text = "\n".join([title, head, "", *lines, "", foot, _("样本少的比例只写人数，不写百分比。")])
        kept = lines[:_SHORT_LINES]
        more = [_("…… 其余 %d 项见看板") % (len(lines) - len(kept))] if len(lines) > len(kept) else []
        short = "\n".join([f"📊 {title}", *kept, *more, foot])
    return Report(title, text, short, period)


def _lines(plan: ReportPlan, scope: Scope, period: Period) -> list[str]:
    known = all_metrics()
    metrics = [known[key] for key in plan.metrics if key in known]
    before = days_before(plan, period)
    now = readings(metrics, scope=scope, period=period)[""]
    was = readings(metrics, scope=scope, period=before)[""]
    lines = []
    for metric in metrics:
        line = labelled(metric.label, say(now[metric.key], metric.unit))
        change = (
            ""
            if metric.sets
            else change_of(now[metric.key], was[metric.key], metric.unit, metric.direction).text
        )
        lines.append(line + (_("（比之前 %s）") % change if change else ""))
    return lines
