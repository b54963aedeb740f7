"""What a simulation says: sentences, pictures, tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Series,
    Table,
    bars,
    line,
    number_cell,
    text_cell,
)
from apps.analytics.admin.board.wording import say_number
from apps.analytics.admin.lab.typed import WORDS
from apps.analytics.enums import Unit
from apps.analytics.selectors.forecasts import Held
from apps.campaigns.mechanics.base import Mechanic

type Results = Mapping[str, Any]

#: figure → (label, unit)
FIGURES: dict[str, tuple[Any, Unit]] = {
    "new_members": (gettext_lazy("新成员"), Unit.PEOPLE),
    "entries": (gettext_lazy("发起"), Unit.COUNT),
    "contributions": (gettext_lazy("好友参与"), Unit.COUNT),
    "successes": (gettext_lazy("成功"), Unit.COUNT),
    "cost": (gettext_lazy("礼品成本"), Unit.MONEY),
    "revenue": (gettext_lazy("收入"), Unit.MONEY),
    "roi": (gettext_lazy("投入产出比"), Unit.PERCENT),
    "cost_per_new": (gettext_lazy("每位新成员成本"), Unit.MONEY),
}


@dataclass(frozen=True)
class Sentence:
    """``tone``: ``good``, ``warn`` or empty."""

    text: str
    icon: str = "chevron_right"
    tone: str = ""


def sentences(results: Results, setting: Mapping[str, Any], mechanic: Mechanic[Any]) -> list[Sentence]:
    """One rule set's results in plain words."""
    new, cost = results["figures"]["new_members"], results["figures"]["cost"]
    found = [
        Sentence(
            _("有 8 成把握，一期至少带来 %(low)s 位新成员；一半的可能超过 %(middle)s 位。")
            % {"low": f"{_p20(new):,.0f}", "middle": f"{new['p50']:,.0f}"},
            "group_add",
        ),
        Sentence(
            _("十次里有九次，礼品成本在 %(low)s 到 %(high)s 之间。")
            % {"low": say_number(cost["p5"], Unit.MONEY), "high": say_number(cost["p95"], Unit.MONEY)},
            "payments",
        ),
    ]
    if setting.get("budget") is not None:
        share = results["budget_reached"]
        if share >= 0.005:
            text = _("有 %(share)s 的可能预算不够：到了预算就不再发礼品，后来的人会失望。")
            found.append(Sentence(text % {"share": chance(share)}, "warning", "warn" if share > 0.1 else ""))
        else:
            found.append(Sentence(_("预算够用：几乎没有一次用完。"), "check_circle", "good"))
    if setting.get("stock") is not None and mechanic.stock_word:
        share = results["stock_out"]
        if share >= 0.005:
            text = _("有 %(share)s 的可能提前送完，多半在开始后第 %(hour)s 小时左右。")
            words = {"share": chance(share), "hour": f"{results['stock_out_hour']:,.0f}"}
            found.append(Sentence(text % words, "inventory_2", "warn" if share > 0.2 else ""))
        else:
            found.append(Sentence(_("库存够用。"), "check_circle", "good"))
    if results["figures"]["revenue"]["p95"] > 0 and results["loss"] is not None:
        text = _("有 %(share)s 的可能收入盖不住礼品成本。这里的收入没有减去商品成本。")
        found.append(Sentence(text % {"share": chance(results["loss"])}, "balance"))
    if results["tornado"]:
        most = results["tornado"][0]
        text = _("最说不准、影响也最大的是“%(name)s”：先花力气弄清它。")
        found.append(Sentence(text % {"name": WORDS[most["name"]][0]}, "troubleshoot"))
    return found


def chance(share: float) -> str:
    """A probability in tenths, as people say it."""
    if share < 0.005:
        return _("不到 1%")
    if share > 0.995:
        return _("99% 以上")
    return f"{share * 100:.0f}%"


def _p20(spread: Mapping[str, Any]) -> float:
    """The 20th percentile, between the 5th and the 25th."""
    return float(spread["p5"] + (spread["p25"] - spread["p5"]) * 0.75)


def charts_of(names: Sequence[str], results: Sequence[Results]) -> dict[str, Chart]:
    """The pictures of all rule sets; fan, histogram and tornado are those of the first."""
    return {
        "figures": figures_table(names, results),
        "fan": _fan(results[0]),
        "histogram": _histogram(results[0]),
        "tornado": _tornado(results[0]),
        **({"compare": _compare(names, results)} if len(results) > 1 else {}),
    }


def figures_table(names: Sequence[str], results: Sequence[Results]) -> Chart:
    """Every figure of every rule set, as median and nine-in-ten range."""
    columns = [Column(_("指标"), is_number=False)]
    for name in names:
        columns += [Column(name), Column(_("九成范围"))]
    rows = []
    brings_money = any(one["figures"]["revenue"]["p95"] > 0 for one in results)
    for key, (label, unit) in FIGURES.items():
        if key in ("revenue", "roi") and not brings_money:
            continue
        row = [text_cell(label)]
        for one in results:
            spread = one["figures"][key]
            if spread is None:
                row += [Cell(None, "—"), Cell(None, "—")]
                continue
            least, middle, most = (_rounded(spread[name], unit) for name in ("p5", "p50", "p95"))
            between = f"{say_number(least, unit)} – {say_number(most, unit)}"
            row += [number_cell(middle, unit), Cell(between, between)]
        rows.append(row)
    for label, key in ((_("预算不够的可能"), "budget_reached"), (_("提前送完的可能"), "stock_out")):
        row = [text_cell(label)]
        for one in results:
            row += [Cell(one[key], chance(one[key])), Cell(None, "")]
        rows.append(row)
    return Chart("figures", _("结果（中位数）"), {}, Table(columns, rows))


def _rounded(value: float, unit: Unit) -> float:
    """Half a person is none."""
    return round(value) if unit in (Unit.PEOPLE, Unit.COUNT) else value


def _fan(one: Results) -> Chart:
    fan = one["fan"]
    hours = [f"{hour:g}" for hour in fan["hours"]]
    drawn = [
        Series(_("5% 低于"), fan["p5"], Unit.PEOPLE, is_dashed=True),
        Series(_("25% 低于"), fan["p25"], Unit.PEOPLE),
        Series(_("一半低于"), fan["p50"], Unit.PEOPLE),
        Series(_("75% 低于"), fan["p75"], Unit.PEOPLE),
        Series(_("95% 低于"), fan["p95"], Unit.PEOPLE, is_dashed=True),
    ]
    chart = line("fan", _("新成员随时间"), hours, drawn, x_label=_("开始后第几小时"), y_label=_("累计新成员"))
    return replace(chart, option=_as_bands(chart.option, fan))


def _as_bands(option: dict[str, Any], fan: Mapping[str, Any]) -> dict[str, Any]:
    """Two shaded bands around the middle: each is drawn as the difference to the one below it, stacked."""
    keys = ("p5", "p25", "p75", "p95")
    bands = []
    for index, key in enumerate(keys):
        below = fan[keys[index - 1]] if index else [0] * len(fan[key])
        bands.append(
            {
                "type": "line",
                "name": "",
                "data": [round(high - low, 3) for high, low in zip(fan[key], below, strict=True)],
                "stack": "band",
                "silent": True,
                "symbol": "none",
                "lineStyle": {"opacity": 0},
                "tooltip": {"show": False},
                "areaStyle": {
                    "opacity": 0 if not index else (0.32 if index == 2 else 0.16),
                    "color": "#2563eb",
                },
            }
        )
    legend = {"show": True, "data": [series["name"] for series in option["series"]]}
    quiet = [
        {**series, "lineStyle": {"width": 3 if n == 2 else 1, **series.get("lineStyle", {})}}
        for n, series in enumerate(option["series"])
    ]
    return {**option, "legend": legend, "series": [*quiet, *bands]}


def _histogram(one: Results) -> Chart:
    spread = one["figures"]["new_members"]
    edges, counts = spread["edges"], spread["counts"]
    total = sum(counts) or 1
    names = [f"{low:,.0f}–{high:,.0f}" for low, high in pairwise(edges)]
    drawn = [Series(_("可能性"), [count / total for count in counts], Unit.PERCENT)]
    return bars("histogram", _("新成员会有多少"), names, drawn, x_label=_("新成员"), y_label=_("可能性"))


def _tornado(one: Results) -> Chart:
    bars_of = one["tornado"]
    middle = one["figures"]["new_members"]["mean"]
    labels = [
        _("%(name)s（%(low)s → %(high)s）")
        % {
            "name": WORDS[bar["name"]][0],
            "low": _value(bar["name"], bar["low_value"]),
            "high": _value(bar["name"], bar["high_value"]),
        }
        for bar in bars_of
    ]
    drawn = [
        Series(_("偏低时"), [round(bar["low"] - middle, 1) for bar in bars_of], Unit.PEOPLE, stack="t"),
        Series(_("偏高时"), [round(bar["high"] - middle, 1) for bar in bars_of], Unit.PEOPLE, stack="t"),
    ]
    chart = bars(
        "tornado",
        _("什么最要紧"),
        labels,
        drawn,
        x_label=_("假设（最低的五分之一 → 最高的五分之一）"),
        y_label=_("新成员比平均多或少"),
        horizontal=True,
        note=_("每条说：只看这一项偏低或偏高的那些推演，新成员平均差多少。条越长，越值得先弄清楚。"),
        empty=_("所有假设都填成了确定的值，没有可比的。"),
    )
    # The names of the assumptions speak for themselves; the axis' own name would stand on top of the other one.
    return replace(chart, option={**chart.option, "yAxis": {**chart.option["yAxis"], "name": ""}})


def _value(name: str, value: float) -> str:
    return f"{value * 100:.0f}%" if str(WORDS[name][1]) == "%" else f"{value:.1f}"


def _compare(names: Sequence[str], results: Sequence[Results]) -> Chart:
    spreads = [one["figures"]["new_members"] for one in results]
    drawn = [
        Series(label, [spread[key] for spread in spreads], Unit.PEOPLE)
        for label, key in ((_("运气差（5%）"), "p5"), (_("中间"), "p50"), (_("运气好（95%）"), "p95"))
    ]
    return bars(
        "compare",
        _("方案对比：新成员"),
        list(names),
        drawn,
        x_label=_("方案"),
        y_label=_("新成员"),
        note=_("各方案用同一组随机数，遇到的是同一批“人”：差别来自规则，不来自运气。"),
    )


def held_table(held: Sequence[Held]) -> Table:
    """A forecast beside the fact."""
    rows = []
    for one in held:
        label, unit = FIGURES[one.name]
        inside = (
            _("在范围内") if one.is_inside else (_("比预测低") if one.actual < one.low else _("比预测高"))
        )
        rows.append(
            [
                text_cell(label),
                number_cell(_rounded(one.middle, unit), unit),
                Cell(
                    "",
                    f"{say_number(_rounded(one.low, unit), unit)} – {say_number(_rounded(one.high, unit), unit)}",
                ),
                number_cell(one.actual, unit),
                Cell(inside, inside, tone="good" if one.is_inside else "bad"),
            ]
        )
    labels = [_("预测中位数"), _("九成范围"), _("实际"), _("对得上吗")]
    return Table([Column(_("指标"), is_number=False), *map(Column, labels)], rows)
