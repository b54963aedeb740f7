"""A shared page for people without an account: read-only, no drill-down, no names, not to be found by search."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.api.counters import Limit, counters
from apps.accounts.api.origin import client_ip
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.page import page_context
from apps.analytics.admin.board.routes import all_pages
from apps.analytics.selectors.sharing import frozen_scope, has_rights, working_share
from apps.analytics.services.views import count_view
from apps.core.clock import database_now

#: Looks from one address: a wall refreshes twice a minute, a guesser needs more.
_LOOKS = (60, 60)
_BARE = "analytics/bare.html"


@require_safe
def shared_view(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a link. 404 in words for any link that does not work, whatever the reason; 429 when too often."""
    limit = Limit(f"analytics:shared:{client_ip(request)}", *_LOOKS)
    if wait := counters().wait_for([limit]):
        return _sent(render(request, "analytics/gone.html", {"seconds": wait}, status=429))
    now = database_now()
    view = working_share(token, now=now) if len(token) <= 64 else None
    page = all_pages().get(view.page) if view is not None else None
    if view is None or page is None or not page.can_share or not has_rights(view, page.permission):
        return _sent(render(request, "analytics/gone.html", status=404))
    filters = Filters.from_query(
        QueryDict(view.query).dict(),
        user=view.sharer,
        now=now,
        default=page.preset,
        within=frozen_scope(view),
        choices=page.choices,
    )
    context = page_context(page, filters, page.build(filters)) | {
        "board_base": _BARE,
        "until": view.expires_at,
    }
    answer = render(request, page.template, context)
    count_view(view=view, now=now)
    return _sent(answer)


def _sent(answer: HttpResponse) -> HttpResponse:
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "private, no-store"
    return answer
