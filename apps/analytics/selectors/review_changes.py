"""What was done differently this time: rules, gifts, timing, posts, groups."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.analytics.models import Review
from apps.analytics.selectors.periods import business_zone
from apps.analytics.selectors.review_sums import Sums
from apps.campaigns.enums import RunState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Run

_WEEKDAYS = (
    _lazy("周一"),
    _lazy("周二"),
    _lazy("周三"),
    _lazy("周四"),
    _lazy("周五"),
    _lazy("周六"),
    _lazy("周日"),
)
_MOST = 12


def changes_of(review: Review, own: Sums, before: Sums) -> list[str]:
    """Sentences, the most telling first; empty when there is nothing to compare with."""
    found: list[str] = []
    if review.run is not None:
        last = _run_before(review.run)
        if last is not None:
            found += _of_runs(review.run, last)
    if before:
        found += _of_amounts(own, before)
    return found[:_MOST]


def _run_before(run: Run) -> Run | None:
    runs = Run.objects.filter(campaign_id=run.campaign_id, opens_at__lt=run.opens_at)
    return runs.exclude(state=RunState.CANCELLED).order_by("-opens_at").first()


def _of_runs(run: Run, last: Run) -> list[str]:
    found = _of_rules(run, last) + _of_gifts(run.plan, last.plan)
    zone = business_zone()
    now, was = run.opens_at.astimezone(zone), last.opens_at.astimezone(zone)
    if (now.weekday(), now.hour) != (was.weekday(), was.hour):
        found.append(
            _("开始时间：%(was)s → %(now)s")
            % {
                "was": f"{_WEEKDAYS[was.weekday()]} {was:%H:%M}",
                "now": f"{_WEEKDAYS[now.weekday()]} {now:%H:%M}",
            }
        )
    hours, before = _hours(run), _hours(last)
    if hours != before:
        found.append(_("时长：%(was)d 小时 → %(now)d 小时") % {"was": before, "now": hours})
    return found


def _hours(run: Run) -> int:
    return round((run.closes_at - run.opens_at).total_seconds() / 3600)


def _of_rules(run: Run, last: Run) -> list[str]:
    mechanic = all_mechanics().get(run.mechanic)
    if mechanic is None or last.mechanic != run.mechanic:
        return []
    now, was = run.plan.get("rules", {}), last.plan.get("rules", {})
    return [
        _("规则“%(rule)s”：%(was)s → %(now)s")
        % {"rule": rule["label"], "was": _plain(was.get(name), rule), "now": _plain(now.get(name), rule)}
        for rule in mechanic.rules_type.described()
        if now.get(name := rule["name"]) != was.get(name)
    ]


def _plain(value: Any, rule: Mapping[str, Any]) -> str:
    if value is None:
        return _("未设")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return "、".join(str(one) for one in value)
    words = dict(rule.get("choices") or ())
    return f"{words.get(value, value)}{rule.get('unit') or ''}"


def _of_gifts(now: Mapping[str, Any], was: Mapping[str, Any]) -> list[str]:
    gifts, before = _gifts(now), _gifts(was)
    found = []
    if added := sorted(gifts - before):
        found.append(_("新加的礼品：%s") % "、".join(added))
    if gone := sorted(before - gifts):
        found.append(_("去掉的礼品：%s") % "、".join(gone))
    return found


def _gifts(plan: Mapping[str, Any]) -> set[str]:
    return {str(gift.get("name")) for gifts in (plan.get("slots") or {}).values() for gift in gifts}


def _of_amounts(own: Sums, before: Sums) -> list[str]:
    """What we ourselves do: posts, coupons; and who could see it."""
    words = (
        ("posts_sent", _("发出的帖子：%(was)d → %(now)d 条"), 3),
        ("viewed", _("打开页面：%(was)d → %(now)d 次"), 20),
        ("coupons_issued", _("发出的券：%(was)d → %(now)d 张"), 10),
        ("joined", _("进群：%(was)d → %(now)d 人"), 10),
    )
    found = []
    for name, sentence, least in words:
        now, was = own.get(name, 0.0), before.get(name, 0.0)
        if abs(now - was) >= least and abs(now - was) >= 0.2 * max(now, was):
            found.append(sentence % {"now": now, "was": was})
    return found
