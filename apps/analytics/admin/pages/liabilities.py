"""积分与券: what is owed to members now, when it falls due, and how it came to be."""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Series,
    Table,
    bars,
    number_cell,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import Tile
from apps.analytics.admin.board.wording import say_number
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.liabilities import (
    PROMISED,
    STRETCHES,
    CouponsOwed,
    Promise,
    coupon_months,
    coupons_owed,
    points_owed,
    promises,
)
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.series import series

_MONTHS = 12


def build(filters: Filters) -> dict[str, Any]:
    points = points_owed(filters.scope)
    coupons = coupons_owed(filters.scope, filters.now)
    promised = promises(filters.scope)
    months = _months(day_of(filters.now))
    rate = point_rate()
    worth = sum((one.worth for one in coupons), Decimal(0))
    open_ended = sum(one.open_ended for one in coupons)
    tiles = [
        Tile(
            label=_("在外积分"),
            text=say_number(points.points, Unit.POINTS),
            note=_("%s 人有积分") % say_number(points.members, Unit.PEOPLE),
        ),
        Tile(
            label=_("积分折合"),
            text="—" if rate is None else say_number(points.points * rate, Unit.MONEY),
            note=_("没有设一分值多少钱，不折算。")
            if rate is None
            else _("按一分 ¥%s 算。") % rate.normalize(),
        ),
        Tile(
            label=_("可用的券"),
            text=say_number(sum(one.coupons for one in coupons), Unit.COUNT),
            url=_coupons_url(filters),
        ),
        Tile(
            label=_("券最多抵扣"),
            text=say_number(worth, Unit.MONEY),
            note=_("另有 %d 张不封顶或换物，算不出上限。") % open_ended if open_ended else "",
        ),
        Tile(
            label=_("已答应未交付的礼品"),
            text=say_number(sum(one.quantity for one in promised), Unit.COUNT),
            note=_("成本 %s") % say_number(sum((one.cost for one in promised), Decimal(0)), Unit.MONEY),
        ),
    ]
    return {
        "tiles": tiles,
        "charts": {
            "points": _points(filters, months),
            "due": _due(coupons),
            "coupons": _coupons(coupons, filters),
            "coupon_months": _coupon_months(filters, months),
            "promises": _promises(promised, filters),
        },
    }


def point_rate() -> Decimal | None:
    """Yuan per point from the settings; None where it is not set, or no positive number."""
    try:
        rate = Decimal(str(settings.POINT_YUAN).strip())
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and rate > 0 else None


def _months(today: date) -> list[Period]:
    """The last twelve months, this one as far as it has come."""
    found = [Period(today.replace(day=1), today)]
    while len(found) < _MONTHS:
        last = found[-1].first - timedelta(days=1)
        found.append(Period(last.replace(day=1), last))
    return found[::-1]


def _points(filters: Filters, months: list[Period]) -> Chart:
    metrics = [all_metrics()["points_given"], all_metrics()["points_spent"]]
    found = series(metrics, scope=filters.scope, parts=months)
    drawn = [
        Series(
            metric.label,
            [one[metric.key].value for one in found],
            metric.unit,
            [rows_url(metric.key, filters, dim=Dimension.TOTAL, period=month) for month in months],
        )
        for metric in metrics
    ]
    has_any = any(value for one in drawn for value in one.values)
    return bars(
        "points",
        _("积分：每月发出和用掉"),
        [f"{month.first:%Y-%m}" for month in months] if has_any else [],
        drawn,
        x_label=_("月份"),
        note=_("积分不会过期。在外积分是所有成员账户余额之和；发出减用掉就是它的变化。"),
        empty=_("近十二个月没有积分变动。"),
    )


def _stretch_names() -> list[str]:
    return [
        *(_("%d 天内到期") % days for days in STRETCHES),
        _("%d 天以后到期") % STRETCHES[-1],
        _("长期有效"),
    ]


def _due(coupons: list[CouponsOwed]) -> Chart:
    names = _stretch_names()
    counts, worths = [0] * len(names), [Decimal(0)] * len(names)
    for one in coupons:
        counts[one.stretch] += one.coupons
        worths[one.stretch] += one.worth
    return bars(
        "due",
        _("可用的券什么时候到期"),
        names if coupons else [],
        [
            Series(_("张数"), counts, Unit.COUNT),
            Series(_("最多抵扣"), worths, Unit.MONEY, axis=1, kind="line"),
        ],
        x_label=_("到期"),
        y_label=_("张"),
        empty=_("没有还能用的券。"),
    )


def _coupons(coupons: list[CouponsOwed], filters: Filters) -> Chart:
    by_benefit: dict[int, list[CouponsOwed]] = {}
    for one in coupons:
        by_benefit.setdefault(one.benefit_id, []).append(one)
    lines = []
    for benefit, parts in by_benefit.items():
        total = sum(part.coupons for part in parts)
        soon = sum(part.coupons for part in parts if part.stretch == 0)
        open_ended = sum(part.open_ended for part in parts)
        worth = sum((part.worth for part in parts), Decimal(0))
        text = say_number(worth, Unit.MONEY)
        lines.append(
            [
                text_cell(parts[0].benefit, _coupons_url(filters, benefit)),
                number_cell(total, Unit.COUNT, _coupons_url(filters, benefit)),
                number_cell(soon, Unit.COUNT, tone="bad" if soon else ""),
                Cell(worth, _("%(worth)s + %(open)d 张不封顶") % {"worth": text, "open": open_ended})
                if open_ended
                else number_cell(worth, Unit.MONEY),
            ]
        )
    columns = [
        Column(_("券"), is_number=False),
        Column(_("可用张数")),
        Column(_("%d 天内到期") % STRETCHES[0]),
        Column(_("最多抵扣")),
    ]
    note = _("最多抵扣：立减券按面额，折扣券按封顶；没用掉就到期的不用兑现。")
    empty = _("没有还能用的券。")
    return Chart("coupons", _("在外的券"), {}, Table(columns, lines), note=note, empty=empty)


def _coupon_months(filters: Filters, months: list[Period]) -> Chart:
    found = coupon_months(filters.scope, [month.first for month in months], filters.now)
    has_any = any(one.issued or one.used or one.expired for one in found)
    drawn = [
        Series(_("发出"), [one.issued for one in found]),
        Series(_("核销"), [one.used for one in found], urls=_redeemed_urls(filters, months)),
        Series(_("过期"), [one.expired for one in found]),
        Series(_("抵扣金额"), [one.saved for one in found], Unit.MONEY, axis=1, kind="line"),
    ]
    return bars(
        "coupon_months",
        _("券：每月发出、核销和过期"),
        [f"{one.month:%Y-%m}" for one in found] if has_any else [],
        drawn,
        x_label=_("月份"),
        y_label=_("张"),
        note=_("印出来还没人领的券也算发出。过期按到期的那个月算，核销后退回的不算核销。"),
        empty=_("近十二个月没有发过券。"),
    )


def _redeemed_urls(filters: Filters, months: list[Period]) -> list[str]:
    return [rows_url("coupons_redeemed", filters, dim=Dimension.TOTAL, period=month) for month in months]


def _promises(found: list[Promise], filters: Filters) -> Chart:
    lines = [
        [
            text_cell(one.benefit.name, _grants_url(filters, one.benefit.pk)),
            text_cell(one.benefit.get_kind_display()),
            number_cell(one.quantity, Unit.COUNT, _grants_url(filters, one.benefit.pk)),
            number_cell(one.cost, Unit.MONEY),
            number_cell(one.face_value, Unit.MONEY),
            text_cell(_("不限"))
            if one.left is None
            else number_cell(one.left, Unit.COUNT, tone="bad" if one.left <= 0 else ""),
        ]
        for one in found
    ]
    columns = [
        Column(_("礼品"), is_number=False),
        *(Column(words) for words in (_("种类"), _("答应了几份"), _("成本"), _("面值"), _("还能再发几份"))),
    ]
    return Chart(
        "promises",
        _("已答应、还没交付的礼品"),
        {},
        Table(columns, lines),
        note=_(
            "成员已经得到、但还没发到手上的：待发放、待发货、待填地址、风控暂扣、待补预算、失败和结果未知。"
        ),
        empty=_("没有欠着没给的礼品。"),
    )


def _coupons_url(filters: Filters, benefit: int | None = None) -> str:
    if filters.is_shared or not filters.user.has_perm("campaigns.view_coupon"):
        return ""
    about = f"&benefit__id__exact={benefit}" if benefit else ""
    team = f"&benefit__team__id__exact={filters.team_id}" if filters.team_id is not None else ""
    return f"{reverse('admin:campaigns_coupon_changelist')}?usable=yes{about}{team}"


def _grants_url(filters: Filters, benefit: int) -> str:
    if filters.is_shared or not filters.user.has_perm("campaigns.view_grant"):
        return ""
    owed = "".join(f"&state__exact={state.value}" for state in PROMISED)
    team = f"&run__campaign__team__id__exact={filters.team_id}" if filters.team_id is not None else ""
    return f"{reverse('admin:campaigns_grant_changelist')}?benefit__id__exact={benefit}{owed}{team}"


PAGE = Page(
    key="liabilities",
    label=gettext_lazy("积分与券"),
    icon="account_balance_wallet",
    template="analytics/liabilities.html",
    build=build,
    order=90,
    filters=("team",),
    help=gettext_lazy("现在欠成员多少：在外的积分、还能用的券、答应了还没给的礼品，和它们每个月的来去。"),
)
