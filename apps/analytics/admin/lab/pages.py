"""What the laboratory's pages share."""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.accounts.models import User
from apps.analytics.admin.board.charts import Chart
from apps.analytics.admin.board.export import exported
from apps.analytics.selectors.periods import Period, day_of
from apps.core.clock import database_now
from apps.core.numbers import whole

SEE = "analytics.view_dashboard"


@dataclass(frozen=True)
class Here:
    """This page's address, for the shell's export links; ``period`` names the file."""

    request: HttpRequest
    period: Period
    is_shared: bool = False

    def query(self) -> str:
        kept = self.request.GET.copy()
        for name in ("export", "format"):
            kept.pop(name, None)
        return kept.urlencode()


def staff(request: HttpRequest, permission: str = SEE) -> User:
    """The signed-in user; 403 without ``permission``."""
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return cast(User, request.user)


def show(
    request: HttpRequest,
    template: str,
    *,
    title: Any,
    charts: dict[str, Chart] | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Render ``analytics/<template>`` in the admin, or hand out the chart that ``?export=`` names."""
    today = day_of(database_now())
    here = Here(request, Period(today, today))
    if "export" in request.GET:
        return exported(
            request,
            charts or {},
            page=template.removesuffix(".html"),
            title=title,
            period=here.period,
            query=here.query(),
        )
    everything = {
        **site.each_context(request),
        "title": title,
        "is_fullwidth": "1",
        "board_base": "admin/base_site.html",
        "filters": here,
        "charts": charts or {},
        **context,
    }
    return TemplateResponse(request, f"analytics/{template}", everything, status=status)


def number_of(text: str) -> int:
    """A row's number from an address; 404 for anything else."""
    number = whole(text)
    if number is None:
        raise Http404
    return number
