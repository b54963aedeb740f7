"""活动: runs and mechanics against each other, what they cost beside what they bring (A3), and whether they wear off."""

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
    reading_cell,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import page_url, rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.side_by_side import picked_runs, side_by_side
from apps.analytics.admin.board.tiles import Tile, tile_of
from apps.analytics.admin.board.wearing_off import wearing_off
from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.labels import labels_of
from apps.analytics.selectors.runs import Compared, compared, runs_of
from apps.campaigns.mechanics.registry import all_mechanics

_OF_RUNS = (
    "participants", "entries", "contributions", "invited", "effective_invites", "k_factor", "success_rate", "orders",
    "revenue", "reward_cost", "product_cost", "spend", "roi", "cost_per_new",
)  # fmt: skip
_TILES = (
    "participants", "invited", "effective_invites", "k_factor", "success_rate", "revenue", "reward_cost", "cost", "roi",
    "cost_per_new",
)  # fmt: skip
_MONEY = ("revenue", "reward_cost", "product_cost", "spend")
_RETURNS = ("revenue", "reward_cost", "product_cost", "spend", "cost", "roi", "invited", "cost_per_new")
_SPLITS = (Dimension.GROUP, Dimension.POST, Dimension.CHANNEL)
#: Nobody compares more lines than these.
_ROWS, _BARS = 60, 12


def build(filters: Filters) -> dict[str, Any]:
    known = all_metrics()
    metrics = [known[key] for key in dict.fromkeys((*_OF_RUNS, *_TILES))]
    mechanic = filters.more.get("mechanic", "")
    mechanic = mechanic if mechanic in all_mechanics() else ""
    asked: dict[str, Any] = {"scope": filters.scope, "campaign_id": filters.campaign_id, "mechanic": mechanic}
    now = compared(metrics, period=filters.period, **asked)
    was = compared(metrics, period=filters.previous, **asked)
    offered = list(runs_of(filters.scope).order_by("-opens_at")[:_ROWS])
    picked = picked_runs(filters, offered)
    charts = {
        "mechanics": _mechanics(now, filters),
        "pays": _pays(now),
        "runs": _runs(now, filters),
        **side_by_side(filters, picked, [known[key] for key in _OF_RUNS]),
        **(wearing_off(filters, known) if filters.campaign_id is not None else _returns(filters, known)),
    }
    return {
        "tiles": _tiles([known[key] for key in _TILES], now, was, filters, is_whole=not mechanic),
        "charts": charts,
        "mechanic": all_mechanics()[mechanic].label if mechanic else "",
        "without_mechanic": filters.query(mechanic=None),
        "offered": offered,
        "picked": [run.pk for run in picked] + [0] * (4 - len(picked)),
        "kept": {name: text for name, text in filters.parameters().items() if not name.startswith("pick")},
    }


def _tiles(
    metrics: list[Metric], now: Compared, was: Compared, filters: Filters, *, is_whole: bool
) -> list[Tile]:
    """Of all the runs on the page; of one campaign all that is counted for it, which includes what names no run of it
    (its advertising) and has its rows under one address."""
    after, before = now.total, was.total
    is_one = is_whole and filters.campaign_id is not None
    if is_one:
        dim, key = filters.slice
        asked: dict[str, Any] = {"scope": filters.scope, "dim": dim, "keys": [key]}
        after = readings(metrics, period=filters.period, **asked)[key]
        before = readings(metrics, period=filters.previous, **asked)[key]
    return [
        tile_of(
            metric,
            after[metric.key],
            before[metric.key],
            rows_url(metric.key, filters) if is_one else "" if filters.is_shared else "#runs",
            is_over=not filters.is_today,
        )
        for metric in metrics
    ]


def _columns(first: Any, metrics: list[Metric]) -> list[Column]:
    return [Column(first, is_number=False), *(Column(metric.label) for metric in metrics)]


def _mechanics(now: Compared, filters: Filters) -> Chart:
    """Each figure of a mechanic opens its runs."""
    metrics = [all_metrics()[key] for key in _OF_RUNS]
    rows = [
        [
            text_cell(all_mechanics()[key].label, page_url("campaigns", filters, mechanic=key)),
            *(_behind(one[metric.key], metric, filters, key) for metric in metrics),
        ]
        for key, one in _by_revenue(now)
    ]
    return Chart(
        "mechanics",
        _("玩法对比"),
        {},
        Table(_columns(_("玩法"), metrics), rows),
        note=_("一种玩法的各期合在一起算，同一个人只算一次。点数字看它的各期。"),
        empty=_EMPTY,
    )


def _behind(reading: Reading, metric: Metric, filters: Filters, mechanic: str) -> Cell:
    return reading_cell(reading, metric.unit, page_url("campaigns", filters, mechanic=mechanic))


def _by_revenue(now: Compared) -> list[tuple[str, dict[str, Reading]]]:
    found = [(key, one) for key, one in now.mechanics.items() if key in all_mechanics()]
    return sorted(found, key=lambda row: -float(row[1]["revenue"].numerator))


def _pays(now: Compared) -> Chart:
    """Revenue beside the costs, which are stacked: a bar that is overtopped by its costs does not pay."""
    found = _by_revenue(now)[:_BARS]
    drawn = [
        Series(
            all_metrics()[key].label,
            [one[key].value for _mechanic, one in found],
            all_metrics()[key].unit,
            stack="" if key == "revenue" else "cost",
        )
        for key in _MONEY
    ]
    return bars(
        "pays",
        _("带来的和花掉的"),
        [str(all_mechanics()[key].label) for key, _one in found],
        drawn,
        x_label=_("玩法"),
        y_label=_("元"),
        note=_("左边是成交额，右边叠起来的是礼品、商品和投放的花费。右边更高就是亏的。"),
        empty=_EMPTY,
    )


def _runs(now: Compared, filters: Filters) -> Chart:
    metrics = [all_metrics()[key] for key in _OF_RUNS]
    rows = [
        [
            text_cell(str(run), page_url("campaigns", filters, campaign=run.campaign_id, mechanic=None)),
            *(
                reading_cell(
                    one[metric.key],
                    metric.unit,
                    rows_url(metric.key, filters, dim=Dimension.RUN, key=str(run.pk)),
                )
                for metric in metrics
            ),
        ]
        for run, one in now.runs[:_ROWS]
    ]
    note = _("点活动名看它一期一期的走势，点数字看背后的明细。")
    if len(now.runs) > _ROWS:
        note += _("共 %(all)d 期，这里是最近的 %(shown)d 期。") % {"all": len(now.runs), "shown": _ROWS}
    table = Table(_columns(_("活动期"), metrics), rows)
    return Chart("runs", _("各期对比"), {}, table, note=note, empty=_EMPTY)


def _returns(filters: Filters, known: dict[str, Metric]) -> dict[str, Chart]:
    """ROI by group, post and channel: all that is counted for them, campaigns or not."""
    metrics = [known[key] for key in _RETURNS]
    return {f"by_{dim.value}": _return_of(filters, dim, metrics) for dim in _SPLITS}


def _busiest(filters: Filters, dim: Dimension, metrics: list[Metric]) -> list[tuple[str, dict[str, Reading]]]:
    """The keys that sold most; who was invited is counted for these alone."""
    asked: dict[str, Any] = {"scope": filters.scope, "period": filters.period, "dim": dim}
    sums = readings([one for one in metrics if one.key in ("revenue", "cost")], **asked)
    busy = [key for key, one in sums.items() if one["revenue"].numerator or one["cost"].numerator]
    busy.sort(key=lambda key: (-float(sums[key]["revenue"].numerator), key))
    found = readings(metrics, **asked, keys=busy[:_BARS])
    return [(key, found[key]) for key in busy[:_BARS]]


def _return_of(filters: Filters, dim: Dimension, metrics: list[Metric]) -> Chart:
    busy = _busiest(filters, dim, metrics)
    names = labels_of(dim, [key for key, _one in busy], filters.scope)
    rows = [
        [
            text_cell(names[key]),
            *(
                reading_cell(one[metric.key], metric.unit, rows_url(metric.key, filters, dim=dim, key=key))
                for metric in metrics
            ),
        ]
        for key, one in busy
    ]
    title = _("投入产出：按%s") % dim.label
    return Chart(
        f"by_{dim.value}",
        title,
        {},
        Table(_columns(dim.label, metrics), rows),
        note=_("成交额最多的 %d 个。礼品成本和成交额放在一起看，不只看热闹。") % _BARS,
        empty=_("这段时间没有能归到%s的成交或花费。用带标记的短链发活动，才能算到它头上。") % dim.label,
    )


_EMPTY = gettext_lazy("这段时间没有活动在跑。上线一个活动，有人参与后这里就有对比。")

PAGE = Page(
    key="campaigns",
    label=gettext_lazy("活动对比"),
    icon="celebration",
    template="analytics/campaigns.html",
    build=build,
    order=60,
    preset="30d",
    filters=("period", "team", "campaign"),
    help=gettext_lazy("各期、各玩法的参与、裂变、成交和花费放在一起比；选一个活动，看它一期一期有没有疲劳。"),
)
