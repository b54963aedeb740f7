"""真正带来多少: a run's incremental lift over its holdout, beside the naive figures."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.admin.doors import Door, register_door
from apps.analytics.admin.board.charts import Cell, Chart, Column, Table, number_cell, text_cell
from apps.analytics.admin.board.page import Route
from apps.analytics.admin.board.wording import say_number
from apps.analytics.admin.lab.pages import number_of, show, staff
from apps.analytics.enums import Unit
from apps.analytics.inference.lift import Lift
from apps.analytics.selectors.lift import DAYS, LEAST_HELD, RunLift, lift_of
from apps.campaigns.enums import RunState
from apps.campaigns.models import Campaign, Run
from apps.core.clock import database_now

_RUNS = 30


def lift_view(request: HttpRequest) -> HttpResponse:
    """``?campaign=`` with its latest opened run, or ``&run=``."""
    user = staff(request)
    pk = number_of(request.GET.get("campaign", ""))
    campaign = Campaign.objects.visible_to(user).filter(pk=pk).first()
    if campaign is None:
        raise Http404
    opened = campaign.runs.exclude(state__in=[RunState.SCHEDULED, RunState.CANCELLED])
    runs = list(opened.select_related("campaign").order_by("-number")[:_RUNS])
    run = _chosen(request, runs)
    found = lift_of(run, now=database_now()) if run else None
    return show(
        request,
        "lift.html",
        title=_("真正带来多少：%(campaign)s") % {"campaign": campaign.title},
        charts={"lift": _table(found)} if found and found.is_enough else {},
        campaign=campaign,
        runs=runs,
        run=run,
        lift=found,
        verdict=_verdict(found) if found else None,
        days=DAYS,
        least=LEAST_HELD,
    )


def _chosen(request: HttpRequest, runs: list[Run]) -> Run | None:
    wanted = request.GET.get("run", "")
    if not wanted:
        return runs[0] if runs else None
    for run in runs:
        if str(run.pk) == wanted:
            return run
    raise Http404


def _table(lift: RunLift) -> Chart:
    rows = [
        _row(
            lift,
            _("下单的人"),
            lift.treated.revenue.share,
            lift.held.revenue.share,
            lift.buying,
            Unit.PERCENT,
        ),
        _row(
            lift,
            _("活跃的人"),
            lift.treated.active / lift.treated.people if lift.treated.people else None,
            lift.held.active / lift.held.people if lift.held.people else None,
            lift.active,
            Unit.PERCENT,
        ),
        _row(lift, _("人均订单"), lift.treated.orders.mean, lift.held.orders.mean, lift.orders, Unit.RATIO),
        _row(
            lift, _("人均成交"), lift.treated.revenue.mean, lift.held.revenue.mean, lift.revenue, Unit.MONEY
        ),
    ]
    columns = [
        Column(_("%(days)d 天内") % {"days": DAYS}, is_number=False),
        Column(_("能参加的人")),
        Column(_("对照组")),
        Column(_("差别")),
        Column(_("95% 区间")),
        Column(_("看得出吗")),
    ]
    return Chart("lift", _("能参加的人和对照组"), {}, Table(columns, rows))


def _row(
    about: RunLift, label: str, treated: float | None, held: float | None, lift: Lift, unit: Unit
) -> list[Cell]:
    is_seen = about.has_verdict and lift.is_certain
    said = _("看得出") if is_seen else _("还看不出")
    return [
        text_cell(label),
        number_cell(treated, unit),
        number_cell(held, unit),
        number_cell(lift.value, unit),
        Cell("", _range(lift, unit)),
        Cell(said, said, tone="good" if is_seen and (lift.value or 0) > 0 else "dim"),
    ]


def _range(lift: Lift, unit: Unit) -> str:
    if lift.low is None or lift.high is None:
        return "—"
    return f"{say_number(lift.low, unit)} – {say_number(lift.high, unit)}"


def _verdict(lift: RunLift) -> dict[str, str]:
    """One sentence, as careful as the interval."""
    if not lift.is_enough:
        return {
            "title": _("对照组只有 %(n)d 人，太少，不下结论") % {"n": lift.held.people},
            "text": _("至少要 %(least)d 人。加大对照组的比例，或选更多的社群。") % {"least": LEAST_HELD},
            "tone": "warn",
        }
    if lift.is_split_off:
        return {
            "title": _("对照组的人数不对，不下结论"),
            "text": _("说好留出 %(percent)d%%，实际 %(held)d 人，共 %(all)d 人：两边差的不只是活动。")
            % {
                "percent": lift.percent,
                "held": lift.held.people,
                "all": lift.held.people + lift.treated.people,
            },
            "tone": "warn",
        }
    if not lift.is_final:
        return {
            "title": _("还没到期，先不下结论"),
            "text": _("要等开期满 %(days)d 天、活动也结算完。天天看、看到好的就停，会把碰巧当成规律。")
            % {"days": DAYS},
            "tone": "",
        }
    words = {
        "gain": say_number(lift.gain.value, Unit.MONEY),
        "range": _range(lift.gain, Unit.MONEY),
        "naive": say_number(lift.naive_revenue, Unit.MONEY),
        "cost": say_number(lift.cost, Unit.MONEY),
    }
    if lift.gain.low is not None and lift.gain.low > 0:
        title = _("活动真的多带来了 %(gain)s 的成交") % words
        tone = "good"
    elif lift.gain.high is not None and lift.gain.high < 0:
        title, tone = _("能参加的人反而买得更少"), "warn"
    else:
        title, tone = _("还看不出老成员因为活动多买了"), ""
    text = _(
        "老成员的增量：%(gain)s（95%% 在 %(range)s 之间）。经过活动的成交是 %(naive)s，礼品成本 %(cost)s。"
    )
    return {"title": title, "text": text % words, "tone": tone}


register_door(
    Door(
        key="lift",
        on=Campaign,
        label=gettext_lazy("真正带来多少"),
        help=gettext_lazy("和没能参加的对照组比：不办活动，这些成交本来会不会有。"),
        icon="science",
        address=lambda campaign: f"{reverse('admin:analytics_lift')}?campaign={campaign.pk}",
        permission="analytics.view_dashboard",
        order=70,
    )
)

ROUTE = Route("lift", "lift/", lift_view)
