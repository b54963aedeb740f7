"""One experiment: its plan, its figures, its verdict once there may be one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.analytics.admin.board.charts import Cell, Chart, Column, Table, number_cell, text_cell
from apps.analytics.admin.board.page import Route
from apps.analytics.admin.board.wording import say_number
from apps.analytics.admin.lab.pages import show, staff
from apps.analytics.admin.pages.experiments import planned_words
from apps.analytics.enums import ExperimentState, Unit
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import Experiment
from apps.analytics.selectors.experiments import Finding, finding_of, planning_of
from apps.analytics.services.experiments import NONE, decide_experiment, start_experiment
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.sentences import listed
from apps.groups.models import Group

_GROUPS_NAMED = 200


def experiment_view(request: HttpRequest, pk: int) -> HttpResponse:
    """POST ``step=start`` or ``step=decide``."""
    user = staff(request)
    experiment = Experiment.objects.visible_to(user).select_related("author").filter(pk=pk).first()
    if experiment is None:
        raise Http404
    if request.method == "POST":
        return _step(request, experiment, user)
    now = database_now()
    metric = all_metrics().get(experiment.metric)
    finding = finding_of(experiment, now=now)
    groups = [int(group) for group in experiment.allocation]
    plan = None
    if metric is not None and experiment.state == ExperimentState.DRAFT:
        plan = planning_of(
            metric, groups, minimum_effect=experiment.minimum_effect, days=experiment.days, user=user, now=now
        )
    unit = Unit.PERCENT if metric and metric.unit == Unit.PERCENT else Unit.RATIO
    names = dict(
        Group.objects.visible_to(user).filter(pk__in=groups).values_list("pk", "name")[:_GROUPS_NAMED]
    )
    return show(
        request,
        "experiment.html",
        title=experiment.name,
        charts={"figures": _figures(finding, unit)} if finding else {},
        experiment=experiment,
        metric=metric,
        finding=finding,
        verdict=_verdict(experiment, finding, unit) if finding else None,
        planned=planned_words(plan, experiment.minimum_effect) if plan else "",
        effect=f"{experiment.minimum_effect * 100:g}%",
        sides=[
            (
                variant,
                listed(
                    names.get(int(pk), "…")
                    for pk, key in experiment.allocation.items()
                    if key == variant["key"]
                ),
            )
            for variant in experiment.variants
        ],
        may_change=user.has_perm("analytics.change_experiment"),
        is_draft=experiment.state == ExperimentState.DRAFT,
        is_running=experiment.state == ExperimentState.RUNNING,
        decided=_("没有结论") if experiment.decision == NONE else experiment.decision,
    )


def _step(request: HttpRequest, experiment: Experiment, user: User) -> HttpResponse:
    now = database_now()
    try:
        if request.POST.get("step") == "start":
            start_experiment(experiment=experiment, actor=user, now=now)
            messages.success(
                request, _("已随机分好组，两个方案的帖子草稿在内容日历里，送审后发出。从明天起计数。")
            )
        else:
            decide_experiment(
                experiment=experiment,
                decision=request.POST.get("decision", ""),
                reason=request.POST.get("reason", ""),
                actor=user,
                now=now,
            )
            messages.success(request, _("已记下决定和当时的数字。"))
    except DomainError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("admin:analytics_experiment", args=[experiment.pk]))


def _figures(finding: Finding, unit: Unit) -> Chart:
    rows = [
        [
            text_cell(_("方案 %(key)s") % {"key": key}),
            number_cell(arm.groups, Unit.COUNT),
            number_cell(arm.numerator, Unit.COUNT),
            number_cell(arm.denominator, Unit.COUNT),
            number_cell(arm.value, unit),
        ]
        for key, arm in zip(finding.keys, finding.arms, strict=True)
    ]
    d = finding.difference
    between = (
        "—" if d.low is None or d.high is None else f"{say_number(d.low, unit)} – {say_number(d.high, unit)}"
    )
    rows.append(
        [
            text_cell(_("B 比 A")),
            Cell(None, ""),
            Cell(None, ""),
            Cell(between, _("95%%：%(between)s") % {"between": between}),
            number_cell(d.value, unit),
        ]
    )
    columns = [Column(_("方案"), is_number=False), *map(Column, (_("群"), _("分子"), _("分母"), _("指标")))]
    return Chart("figures", _("到现在的数字"), {}, Table(columns, rows))


def _verdict(experiment: Experiment, finding: Finding, unit: Unit) -> dict[str, Any]:
    """No winner before the planned days are over: that is the guard against peeking."""
    if not finding.is_final:
        return {
            "title": _("第 %(day)d 天，共 %(days)d 天，先不下结论")
            % {"day": finding.day, "days": finding.days},
            "text": _(
                "天数是开始前定好的。没到之前谁高谁低都可能是碰巧：天天看、看到好的就停，会把碰巧当成规律。"
            ),
            "tone": "",
        }
    d = finding.difference
    if finding.winner:
        return {
            "title": _("方案 %(key)s 更好") % {"key": finding.winner},
            "text": _("差 %(value)s。把群随机重新分组，只有 %(p)s 的分法能差这么多。")
            % {"value": say_number(abs(d.value or 0), unit), "p": f"{(d.p or 0) * 100:.1f}%"},
            "tone": "good",
        }
    if d.p is None:
        return {"title": _("数据不够，没有结论"), "text": _("至少有一边没有数字。"), "tone": "warn"}
    return {
        "title": _("看不出差别"),
        "text": _("把群随机重新分组，%(p)s 的分法也能差这么多：在碰巧的范围内，用哪个都行。")
        % {"p": f"{d.p * 100:.0f}%"},
        "tone": "",
    }


ROUTE = Route("experiment", "experiments/<int:pk>/", experiment_view)
