"""实验: all of them, and a new one."""

from math import isfinite
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.admin.board.page import Route
from apps.analytics.admin.board.wording import say_number
from apps.analytics.admin.lab.pages import show, staff
from apps.analytics.enums import Unit
from apps.analytics.models import Experiment
from apps.analytics.selectors.experiments import comparable_metrics, free_groups, planning_of
from apps.analytics.services.experiments import LEAST_GROUPS, create_experiment
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.numbers import wholes

_SHOWN = 100


def experiments_view(request: HttpRequest) -> HttpResponse:
    """The list; ``?new=1`` the form, which says what it takes before anything is fixed; POST creates."""
    user = staff(request)
    if request.method == "POST" or "new" in request.GET:
        return _form(request)
    rows = Experiment.objects.visible_to(user).select_related("author")[:_SHOWN]
    metrics = comparable_metrics()
    return show(
        request,
        "experiments.html",
        title=_("实验"),
        rows=[(one, metrics[one.metric].label if one.metric in metrics else one.metric) for one in rows],
        may_add=user.has_perm("analytics.add_experiment"),
    )


def _form(request: HttpRequest) -> HttpResponse:
    user = staff(request, "analytics.add_experiment")
    typed = request.POST if request.method == "POST" else request.GET
    now = database_now()
    metrics = comparable_metrics()
    groups = list(free_groups(user))
    picked = set(wholes(typed.getlist("groups")))
    chosen = [group for group in groups if group.pk in picked]
    values = {
        "name": typed.get("name", "")[:80],
        "hypothesis": typed.get("hypothesis", "")[:500],
        "metric": typed.get("metric", next(iter(metrics), "")),
        "a": typed.get("a", "")[:2_000],
        "b": typed.get("b", "")[:2_000],
        "effect": typed.get("effect", "20")[:6],
        "days": typed.get("days", "7")[:3],
    }
    error: DomainError | None = None
    effect, days = _number(values["effect"]) / 100, int(_number(values["days"]))
    if request.method == "POST" and "plan" not in request.POST:
        try:
            made = create_experiment(
                name=values["name"],
                hypothesis=values["hypothesis"],
                metric=values["metric"],
                texts=[values["a"], values["b"]],
                minimum_effect=effect,
                days=days,
                groups=chosen,
                actor=user,
                now=now,
            )
            messages.success(request, _("已建好草稿。看一眼需要多少群，再开始。"))
            return HttpResponseRedirect(reverse("admin:analytics_experiment", args=[made.pk]))
        except DomainError as found:
            error = found
    plan = None
    if chosen and values["metric"] in metrics and 0 < effect <= 5 and 1 <= days <= 90:
        plan = planning_of(
            metrics[values["metric"]],
            [one.pk for one in chosen],
            minimum_effect=effect,
            days=days,
            user=user,
            now=now,
        )
    return show(
        request,
        "experiment_form.html",
        title=_("新实验"),
        status=400 if error else 200,
        values=values,
        metrics=metrics.values(),
        groups=[(group, group.pk in picked) for group in groups],
        error=error,
        plan=plan,
        planned=planned_words(plan, effect) if plan else "",
        least=LEAST_GROUPS,
    )


def _number(text: str) -> float:
    """What was typed; 0, which is refused, for what is no number: a plan is nobody's guess."""
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if isfinite(number) else 0.0


def planned_words(plan: Any, effect: float) -> str:
    """How far the chosen groups reach, in one or two sentences."""
    if plan.base is None:
        return _("这些群最近没有这个指标的数据，算不出要多少群。先换一个指标，或等几天。")
    known = (
        _("按这些群自己的数据算") if plan.is_icc_known else _("群内相似程度没有自己的数据，按常见的 0.05 算")
    )
    if plan.needed is None:
        return _("这个指标不是比例，算不出要多少群；群越多越看得清。")
    words = {
        "base": say_number(plan.base, Unit.PERCENT),
        "effect": f"{effect * 100:g}%",
        "needed": plan.needed,
        "groups": plan.groups,
        "known": known,
        "seen": f"{(plan.seen or 0) * 100:.0f}%",
    }
    if plan.is_enough:
        return (
            _(
                "平时 %(base)s。要看出 %(effect)s 的变化要 %(needed)d 个群，现在 %(groups)d 个，够了（%(known)s）。"
            )
            % words
        )
    if plan.seen is None:
        return (
            _(
                "平时 %(base)s。要看出 %(effect)s 的变化要 %(needed)d 个群，现在 %(groups)d 个，差得多：多半看不出（%(known)s）。"
            )
            % words
        )
    return (
        _(
            "平时 %(base)s。要看出 %(effect)s 的变化要 %(needed)d 个群，现在 %(groups)d 个，只看得出 %(seen)s 以上的变化（%(known)s）。"
        )
        % words
    )


ROUTE = Route("experiments", "experiments/", experiments_view)
