"""活动推演: a campaign played through before it is launched."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.admin.doors import Door, register_door
from apps.analytics.admin.board.charts import Chart
from apps.analytics.admin.board.page import Route
from apps.analytics.admin.lab.pages import number_of, show, staff
from apps.analytics.admin.lab.said import charts_of, sentences
from apps.analytics.admin.lab.typed import Typed, read
from apps.analytics.models import Simulation
from apps.analytics.selectors.forecasts import calibration
from apps.analytics.selectors.playing import played, runs_for
from apps.analytics.selectors.priors import History, priors_of
from apps.analytics.services.simulations import save_simulation
from apps.campaigns.enums import CampaignState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign
from apps.core.clock import database_now
from apps.core.errors import DomainError

_SHOWN = 60


def simulator_view(request: HttpRequest) -> HttpResponse:
    """Without ``?campaign=`` the choice of one, and past simulations; with it the form and what comes of it."""
    user = staff(request)
    if request.method == "POST":
        return _save(request)
    if not request.GET.get("campaign"):
        campaigns = Campaign.objects.visible_to(user).exclude(state=CampaignState.ARCHIVED)
        kept = Simulation.objects.visible_to(user).select_related("campaign", "author")
        return show(
            request,
            "simulator_start.html",
            title=_("活动推演"),
            campaigns=[
                (one, all_mechanics().get(one.mechanic)) for one in campaigns.order_by("-id")[:_SHOWN]
            ],
            kept=kept[:_SHOWN],
            calibration=calibration(user),
        )
    typed, history = _typed(request, request.GET)
    context: dict[str, Any] = {}
    charts: dict[str, Chart] = {}
    if typed.is_right:
        runs = runs_for(typed.variants)
        results = played(typed.mechanic, typed.variants, typed.priors, seed=typed.seed, runs=runs)
        charts = charts_of([variant.name for variant in typed.variants], results)
        context = {
            "runs": runs,
            "said": sentences(results[0], typed.variants[0].setting.dump(), typed.mechanic),
        }
    return show(
        request,
        "simulator.html",
        title=_("活动推演：%(campaign)s") % {"campaign": typed.campaign.title},
        charts=charts,
        typed=typed,
        history=history,
        query=request.GET.urlencode(),
        may_save=user.has_perm("analytics.add_simulation"),
        **context,
    )


def _typed(request: HttpRequest, query: QueryDict) -> tuple[Typed, History]:
    user = staff(request)
    found = Campaign.objects.visible_to(user).select_related("team")
    campaign = found.filter(pk=number_of(query.get("campaign", ""))).first()
    mechanic = all_mechanics().get(campaign.mechanic) if campaign else None
    if campaign is None or mechanic is None:
        raise Http404
    history = priors_of(mechanic.key, user)
    return read(query, campaign=campaign, mechanic=mechanic, history=history), history


def _save(request: HttpRequest) -> HttpResponse:
    user = staff(request, "analytics.add_simulation")
    query = QueryDict(request.POST.get("query", ""))
    typed, _history = _typed(request, query)
    here = f"{reverse('admin:analytics_simulator')}?{query.urlencode()}"
    if not typed.is_right:
        messages.error(request, _("还有没填对的地方：%(what)s") % {"what": typed.problems[0]})
        return HttpResponseRedirect(here)
    try:
        kept = save_simulation(
            name=request.POST.get("name", ""),
            campaign=typed.campaign,
            mechanic=typed.mechanic,
            variants=typed.variants,
            priors=typed.priors,
            seed=typed.seed,
            actor=user,
            now=database_now(),
        )
    except DomainError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(here)
    messages.success(request, _("已存下。活动办完以后，再回来看预测准不准。"))
    return HttpResponseRedirect(reverse("admin:analytics_simulation", args=[kept.pk]))


register_door(
    Door(
        key="simulator",
        on=Campaign,
        label=gettext_lazy("活动推演"),
        help=gettext_lazy("上线前先在电脑里办一万次：会来多少人、花多少钱、够不够。"),
        icon="casino",
        address=lambda campaign: f"{reverse('admin:analytics_simulator')}?campaign={campaign.pk}",
        permission="analytics.view_dashboard",
        order=60,
    )
)

ROUTE = Route("simulator", "simulator/", simulator_view)
