"""One kept simulation: what was said, and what came."""

from django.http import Http404, HttpRequest, HttpResponse

from apps.analytics.admin.board.page import Route
from apps.analytics.admin.lab.pages import show, staff
from apps.analytics.admin.lab.said import charts_of, held_table, sentences
from apps.analytics.admin.lab.typed import WORDS, source_in_words
from apps.analytics.models import Simulation
from apps.analytics.selectors.forecasts import actual_of, held_against, run_after
from apps.analytics.simulation.priors import PRIOR_NAMES, Kind, Priors
from apps.campaigns.admin.rule_inputs import rules_in_words
from apps.campaigns.mechanics.registry import all_mechanics


def simulation_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Forecast, assumptions, and the fact beside it once there is one."""
    user = staff(request)
    found = Simulation.objects.visible_to(user).select_related("campaign", "author")
    simulation = found.filter(pk=pk).first()
    mechanic = all_mechanics().get(simulation.mechanic) if simulation else None
    if simulation is None or mechanic is None:
        raise Http404
    variants = simulation.inputs["variants"]
    run = run_after(simulation)
    actual = actual_of(run) if run is not None else None
    return show(
        request,
        "simulation.html",
        title=simulation.name,
        charts=charts_of([variant["name"] for variant in variants], simulation.results),
        simulation=simulation,
        mechanic=mechanic,
        said=sentences(simulation.results[0], variants[0]["setting"], mechanic),
        actual=actual,
        held=held_table(held_against(simulation.results[0], actual)) if actual else None,
        assumed=_assumed(Priors.load(simulation.inputs["priors"])),
        rules=[
            (variant["name"], rules_in_words(mechanic.rules_type.load(variant["rules"])))
            for variant in variants
        ],
        setting=variants[0]["setting"],
    )


def _assumed(priors: Priors) -> list[tuple[object, str, str]]:
    found = []
    for name in PRIOR_NAMES:
        prior = getattr(priors, name)
        value = f"{prior.mean * 100:.1f}%" if prior.kind == Kind.SHARE else f"{prior.mean:.2f}"
        unit = "" if prior.kind == Kind.SHARE else str(WORDS[name][1])
        found.append((WORDS[name][0], f"{value} {unit}".strip(), source_in_words(prior)))
    return found


ROUTE = Route("simulation", "simulations/<int:pk>/", simulation_view)
