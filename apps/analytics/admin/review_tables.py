"""The frozen figures of a review as charts and tables."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.analytics.admin.about_form import label_of, unit_of
from apps.analytics.admin.board.charts import Cell, Chart, Column, Series, Table, bars, number_cell, text_cell
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.wording import change_of, say
from apps.analytics.enums import Direction, Unit
from apps.analytics.metrics.base import Reading
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.metrics.wording import say_number
from apps.analytics.models import Review
from apps.analytics.selectors.periods import Period

#: A step that changed by less is said without colour.
_SLIGHT = 0.02


def charts_of(review: Review, filters: Filters) -> dict[str, Chart]:
    return {"links": _links(review.diagnosis), "figures": _figures(review, filters)}


def _links(diagnosis: Mapping[str, Any]) -> Chart:
    """Each step against the usual: shares as bars, and a table with what it costs."""
    links = diagnosis.get("links", [])
    shares = [link for link in links if link["is_share"]]
    names = [link["label"] for link in shares]
    drawn = bars(
        "links",
        _("每一步和同类比"),
        names,
        [
            Series(_("这次"), [link["rate"] for link in shares], Unit.PERCENT),
            Series(_("同类中位数"), [link["usual"] for link in shares], Unit.PERCENT),
        ],
        x_label=_("步骤"),
        height=16,
    )
    columns = [
        Column(_("步骤"), is_number=False),
        Column(_("这次")),
        Column(_("同类中位数")),
        Column(_("进来")),
        Column(_("出去")),
        Column(_("补到中位数能多")),
        Column(_("九成区间"), is_number=False),
        Column(_("值多少")),
        Column(_("损失最大的把握")),
        Column(_("说明"), is_number=False),
    ]
    rows = [_link(link) for link in links]
    return Chart(
        "links",
        drawn.title,
        drawn.option,
        Table(columns, rows),
        height=16,
        is_open=True,
        empty=_("还没有可以分析的步骤。"),
        note=_("假设只有这一步做到同类的中位数、其他不变，最后能多多少人、多少钱。"),
    )


def _link(link: Mapping[str, Any]) -> list[Cell]:
    unit = Unit.PERCENT if link["is_share"] else Unit.RATIO
    is_known = link["doubt"] not in {"peers", "cases"}
    return [
        text_cell(link["label"]),
        number_cell(link["rate"], unit),
        number_cell(link["usual"], unit),
        number_cell(round(link["below"]), Unit.COUNT),
        number_cell(round(link["above"]), Unit.COUNT),
        number_cell(round(link["members"]) if is_known else None, Unit.PEOPLE),
        text_cell(f"{link['members_low']:,.0f} – {link['members_high']:,.0f}" if is_known else "—"),
        number_cell(round(link["money"], 2) if is_known and link["money"] else None, Unit.MONEY),
        number_cell(link["confidence"] if is_known else None, Unit.PERCENT),
        text_cell(doubt_in_words(link)),
    ]


def doubt_in_words(link: Mapping[str, Any]) -> str:
    match link["doubt"]:
        case "peers":
            return _("样本不足：可比的不到 3 个")
        case "cases":
            return _("样本不足：这一步只有 %d 个") % link["below"]
        case "chance":
            return _("差距在误差范围内")
        case "better":
            return _("不比同类差")
    return _("明显偏弱")


def weakest_in_words(review: Review) -> tuple[str, list[str]]:
    """A headline and what is behind it."""
    links = {link["key"]: link for link in review.diagnosis.get("links", [])}
    found = links.get(review.diagnosis.get("weakest", ""))
    if found is None:
        return _none_in_words(list(links.values()))
    unit = Unit.PERCENT if found["is_share"] else Unit.RATIO
    words = {
        "step": found["label"],
        "end": found["end"],
        "rate": say_number(found["rate"], unit),
        "usual": say_number(found["usual"], unit),
        "members": f"{found['members']:,.0f}",
        "low": f"{found['members_low']:,.0f}",
        "high": f"{found['members_high']:,.0f}",
        "money": say_number(round(found["money"], 2), Unit.MONEY),
        "money_low": say_number(round(found["money_low"], 2), Unit.MONEY),
        "money_high": say_number(round(found["money_high"], 2), Unit.MONEY),
        "sure": f"{found['sure']:.0%}",
        "confidence": f"{found['confidence']:.0%}",
    }
    lines = [
        _("这次 %(rate)s，同类的中位数是 %(usual)s。") % words,
        _("只把这一步补到中位数，“%(end)s”能多约 %(members)s（九成可能在 %(low)s～%(high)s 之间）。") % words,
    ]
    if found["money"]:
        lines.append(_("大约值 %(money)s（%(money_low)s～%(money_high)s）。") % words)
    lines.append(_("它确实低于同类的把握是 %(sure)s，损失比其他每一步都大的把握是 %(confidence)s。") % words)
    return _("最弱的一环：%(step)s") % words, lines


def _none_in_words(links: list[dict[str, Any]]) -> tuple[str, list[str]]:
    doubts = {link["doubt"] for link in links}
    if not links or doubts <= {"peers", "cases"}:
        return _("样本不足，还说不出哪一环最弱"), [
            _("至少要有 3 个可比的对象、每一步至少 30 个人。多办几期，或选长一点的时段再复盘。")
        ]
    if "chance" in doubts:
        return _("没有明显的短板"), [_("有的步骤略低于同类，但差距在误差范围内，不能说是哪一环的问题。")]
    return _("每一步都不比同类差"), [_("看看目标是不是可以定高一点，或把做法写成 SOP 复制出去。")]


def _figures(review: Review, filters: Filters) -> Chart:
    columns = [
        Column(_("指标"), is_number=False),
        Column(_("这次")),
        Column(_("目标")),
        Column(_("上次")),
        Column(_("变化")),
        Column(_("同类低位")),
        Column(_("同类中位")),
        Column(_("同类高位")),
        Column(_("可比个数")),
    ]
    rows = [_figure(row, review, filters) for row in review.figures.get("metrics", []) if _says(row)]
    words = {"before": review.figures.get("before_label", ""), "peers": review.figures.get("peers_label", "")}
    note = _("同类：%(peers)s，低位和高位是四分位数。") % words if review.figures.get("peers") else ""
    if words["before"]:
        note = _("上次：%(before)s。") % words + note
    return Chart("figures", _("指标"), {}, Table(columns, rows), note=note, empty=_("这段时间没有数据。"))


def _says(row: Mapping[str, Any]) -> bool:
    """Whether there is anything to see."""
    return bool(row["value"]) or bool((row["was"] or {}).get("value")) or row["target"] is not None


def _figure(row: Mapping[str, Any], review: Review, filters: Filters) -> list[Cell]:
    metric = all_metrics().get(row["key"])
    unit = unit_of(metric)
    now, was = _reading(row), _reading(row["was"]) if row["was"] else None
    url = ""
    if metric is not None:
        url = rows_url(
            row["key"],
            filters,
            dim=review.dimension,
            key=review.key,
            period=Period(review.starts_on, review.ends_on),
        )
    direction = metric.direction if metric else Direction.NEUTRAL
    tone = _tone(now.value, row["target"] if row["target"] is not None else row["median"], direction)
    if now.is_small:
        tone = "dim"
    return [
        text_cell(row.get("label") if metric is None else label_of(row["key"])),
        Cell(now.value, say(now, unit), url if now.value is not None else "", tone),
        number_cell(row["target"], unit),
        Cell(was.value, say(was, unit)) if was else text_cell("—"),
        _change(now, was, unit, direction),
        number_cell(row["q1"], unit),
        number_cell(row["median"], unit),
        number_cell(row["q3"], unit),
        number_cell(row["peers"], Unit.COUNT),
    ]


def _reading(row: Mapping[str, Any]) -> Reading:
    return Reading(row["value"], row["numerator"] or 0, row["denominator"], row["low"], row["high"])


def _tone(value: Any, mark: float | None, direction: Direction) -> str:
    if value is None or mark is None or direction == Direction.NEUTRAL:
        return ""
    gap = (float(value) - mark) * direction
    return "" if abs(gap) <= abs(mark) * _SLIGHT else "good" if gap > 0 else "bad"


def _change(now: Reading, was: Reading | None, unit: Unit, direction: Direction) -> Cell:
    if was is None:
        return text_cell("—")
    moved = change_of(now, was, unit, direction)
    return Cell(moved.share, moved.text or "—", "", moved.tone)
