"""来源与漏斗: from a visit to a paid order, and where those visits came from."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast, get_args

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.campaigns.admin.pages import staff
from apps.campaigns.enums import RunState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Run
from apps.h5.admin.pages import campaign_with_visits, chosen_run, runs_of, show, tabs
from apps.h5.enums import ConversionKind
from apps.h5.selectors.sources import Dimension, Source, Which, labels_of, sources_of

#: More sources than this are summed up in the last row.
_MOST_ROWS = 100


@dataclass(frozen=True)
class Step:
    """A step of the funnel: how many, per cent of the largest (its bar), what part of which
    one before in words; ``url`` opens the rows (A2)."""

    key: str
    label: str
    count: int
    percent: int
    of_before: str
    url: str = ""


@dataclass(frozen=True)
class SourceRow:
    label: str
    source: Source
    share: int
    url: str


def traffic_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """``?run=`` (the one that goes on without it), ``?by=`` a dimension, ``?touch=first|last``."""
    campaign = campaign_with_visits(request, pk)
    runs = runs_of(campaign)
    run = chosen_run(request, runs) or _usual(runs)
    by = cast(Dimension, _one_of(request.GET.get("by", ""), get_args(Dimension), "channel"))
    which = cast(Which, _one_of(request.GET.get("touch", ""), get_args(Which), "last"))
    found = sources_of(run_id=run.pk, by=by, which=which) if run else []
    labels = labels_of(by, [source.key for source in found], user=staff(request))
    whole = _sum(found)
    return show(
        model_admin,
        request,
        "traffic.html",
        title=_("来源与漏斗"),
        campaign=campaign,
        mechanic=all_mechanics().get(campaign.mechanic),
        tabs=tabs(campaign, "traffic"),
        runs=runs,
        run=run,
        by=by,
        which=which,
        dimensions=_dimensions(),
        steps=_steps(run, whole) if run else [],
        rows=[_row(run, by, source, labels, whole) for source in found[:_MOST_ROWS]] if run else [],
        more=max(len(found) - _MOST_ROWS, 0),
        whole=whole,
    )


def _one_of(wanted: str, known: tuple[str, ...], usual: str) -> str:
    return wanted if wanted in known else usual


def _usual(runs: list[Run]) -> Run | None:
    going = (run for run in runs if run.state in (RunState.OPEN, RunState.PAUSED))
    return next(going, runs[0] if runs else None)


def _dimensions() -> list[tuple[str, str]]:
    return [
        ("channel", _("渠道")),
        ("group", _("社群")),
        ("post", _("帖子")),
        ("inviter", _("邀请人")),
        ("variant", _("A/B 方案")),
    ]


def _sum(found: list[Source]) -> Source:
    """All sources together. A browser that came from two counts in both: its visits are added up, not its visitors."""
    whole = Source(None, paid=Decimal("0.00"))
    for source in found:
        whole.visits += source.visits
        whole.visitors += source.visitors
        whole.logins += source.logins
        whole.new_members += source.new_members
        whole.entries += source.entries
        whole.parts += source.parts
        whole.orders += source.orders
        whole.paid += source.paid
    return whole


def _steps(run: Run, whole: Source) -> list[Step]:
    conversions = reverse("admin:h5_conversion_changelist")
    of_run = f"run__id__exact={run.pk}"

    def rows(kind: ConversionKind) -> str:
        return f"{conversions}?{of_run}&kind__exact={kind.value}"

    counts = [
        ("visits", _("访问"), whole.visits, f"{reverse('admin:h5_touch_changelist')}?{of_run}"),
        ("logins", _("登录"), whole.logins, rows(ConversionKind.LOGIN)),
        ("entries", _("发起"), whole.entries, rows(ConversionKind.ENTRY)),
        ("parts", _("参与好友的"), whole.parts, rows(ConversionKind.PART)),
        ("orders", _("付款的订单"), whole.orders, ""),
    ]
    first = max((count for _key, _label, count, _url in counts), default=0) or 1
    found: list[Step] = []
    for key, label, count, url in counts:
        is_order = key == "orders"
        before = whole.entries + whole.parts if is_order else whole.visits
        words = _("占发起和参与 %(share)s") if is_order else _("占访问 %(share)s")
        of_before = words % {"share": f"{100 * count / before:.1f}%"} if before and key != "visits" else ""
        found.append(Step(key, label, count, round(100 * count / first), of_before, url))
    return found


def _row(run: Run, by: Dimension, source: Source, labels: dict[Any, str], whole: Source) -> SourceRow:
    return SourceRow(
        label=labels.get(source.key) or str(source.key),
        source=source,
        share=round(100 * source.visits / whole.visits) if whole.visits else 0,
        url=_visits_url(run, by, source.key),
    )


def _visits_url(run: Run, by: Dimension, key: Any) -> str:
    """The visits behind a row (A2); those of no source cannot be asked for by one value."""
    if key is None:
        return ""
    field = {"group": "group_id", "post": "post_id", "inviter": "inviter__id__exact"}.get(by, by)
    return f"{reverse('admin:h5_touch_changelist')}?run__id__exact={run.pk}&{field}={key}"
