"""预警: figures against their bands, and what was odd."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.analytics.admin.about_form import label_of, unit_of
from apps.analytics.admin.board.charts import Chart, Column, Series, Table, line, number_cell, text_cell
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.metrics.wording import say_number
from apps.analytics.models import Alert, AlertRule
from apps.analytics.selectors.alerts import judged_days, watched_in
from apps.analytics.selectors.periods import Period, day_of
from apps.core.sentences import with_note

_DAYS = 28
_MOST = 60


def build(filters: Filters) -> dict[str, Any]:
    rules = watched_in(filters.scope)
    wanted = filters.more.get("rule", "")
    chosen = next((rule for rule in rules if str(rule.pk) == wanted), None)
    alerts = _alerts(rules, chosen)
    if chosen is None and rules:
        chosen = next((rule for rule in rules if alerts and rule.pk == alerts[0].rule_id), rules[0])
    user = filters.user
    return {
        "tiles": [],
        "rules": [
            (
                rule,
                _named(rule),
                filters.query(rule=rule.pk),
                chosen is not None and rule.pk == chosen.pk,
            )
            for rule in rules
        ],
        "is_narrowed": bool(wanted),
        "all_query": filters.query(rule=None),
        "alerts": [_shown(alert, filters) for alert in alerts],
        "charts": {**({"band": _band(chosen, filters)} if chosen else {}), "alerts": _table(alerts, filters)},
        "chosen": chosen,
        "may_act": not filters.is_shared and user.has_perm("analytics.change_alert"),
        "may_add": not filters.is_shared and user.has_perm("analytics.add_alertrule"),
    }


def _named(rule: AlertRule) -> str:
    name = f"{label_of(rule.metric)} · {rule.subject_label}"
    return name if rule.is_active else with_note(name, _("已停用"))


def _alerts(rules: list[AlertRule], chosen: AlertRule | None) -> list[Alert]:
    of = [chosen] if chosen else rules
    found = Alert.objects.filter(rule__in=of).select_related("seen_by")
    rows = list(found.order_by(F("seen_at").asc(nulls_first=True), "-day", "-pk")[:_MOST])
    by_pk = {rule.pk: rule for rule in rules}
    for row in rows:
        row.rule = by_pk[row.rule_id]
    return sorted(rows, key=lambda row: (row.seen_at is not None, -row.day.toordinal()))


def _shown(alert: Alert, filters: Filters) -> dict[str, Any]:
    unit = unit_of(all_metrics().get(alert.rule.metric))
    return {
        "alert": alert,
        "label": label_of(alert.rule.metric),
        "is_low": alert.value < alert.low,
        "value": say_number(alert.value, unit),
        "expected": say_number(alert.expected, unit),
        "low": say_number(alert.low, unit),
        "high": say_number(alert.high, unit),
        "url": _rows(alert, filters),
    }


def _rows(alert: Alert, filters: Filters) -> str:
    rule = alert.rule
    return rows_url(
        rule.metric,
        filters,
        dim=rule.dimension,
        key=rule.key,
        period=Period(alert.day, alert.day),
        team_id=rule.team_id,
    )


def _band(rule: AlertRule, filters: Filters) -> Chart:
    yesterday = day_of(filters.now) - timedelta(days=1)
    judged = judged_days(rule, last=yesterday, days=_DAYS)
    unit = unit_of(all_metrics().get(rule.metric))
    urls = [
        rows_url(
            rule.metric,
            filters,
            dim=rule.dimension,
            key=rule.key,
            period=Period(one.day, one.day),
            team_id=rule.team_id,
        )
        for one in judged
    ]
    series = [
        Series(_("实际"), [one.value for one in judged], unit, urls),
        Series(_("预期"), [one.band.expected if one.band else None for one in judged], unit, is_dashed=True),
        Series(_("正常下限"), [one.band.low if one.band else None for one in judged], unit, is_dashed=True),
        Series(_("正常上限"), [one.band.high if one.band else None for one in judged], unit, is_dashed=True),
    ]
    is_known = any(one.band for one in judged)
    note = (
        _(
            "预期是最近八周同一个星期几的中位数；上下限按波动大小和一共看多少个指标来定，看得越多越宽，免得误报。"
        )
        if is_known
        else _("同一个星期几至少要有四周的数据才知道什么是正常，先攒着，到时会自动开始看。")
    )
    title = _("%(metric)s · %(subject)s") % {"metric": label_of(rule.metric), "subject": rule.subject_label}
    return line("band", title, [f"{one.day:%m-%d}" for one in judged], series, x_label=_("日期"), note=note)


def _table(alerts: list[Alert], filters: Filters) -> Chart:
    columns = [
        Column(_("日期"), is_number=False),
        Column(_("对象"), is_number=False),
        Column(_("指标"), is_number=False),
        Column(_("实际")),
        Column(_("预期")),
        Column(_("正常下限")),
        Column(_("正常上限")),
        Column(_("处理说明"), is_number=False),
    ]
    rows = []
    for alert in alerts:
        unit = unit_of(all_metrics().get(alert.rule.metric))
        rows.append(
            [
                text_cell(alert.day),
                text_cell(alert.rule.subject_label),
                text_cell(label_of(alert.rule.metric)),
                number_cell(alert.value, unit, _rows(alert, filters)),
                number_cell(alert.expected, unit),
                number_cell(alert.low, unit),
                number_cell(alert.high, unit),
                text_cell("" if filters.is_shared else alert.note),
            ]
        )
    return Chart(
        "alerts",
        _("预警记录"),
        {},
        Table(columns, rows),
        empty=_("没有预警。看着的指标离开正常范围的日子，会记在这里。"),
    )


PAGE = Page(
    key="alerts",
    label=_lazy("预警"),
    icon="notification_important",
    template="analytics/alerts.html",
    build=build,
    permission="analytics.view_alert",
    filters=("team",),
    order=92,
    help=_lazy("指标离开正常范围的日子。每小时看一次昨天。"),
)
