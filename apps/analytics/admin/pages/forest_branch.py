"""The friends that a click in the picture of a tree asks for."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from apps.analytics.admin.board.page import Route
from apps.analytics.admin.pages.forest import datum, more_datum
from apps.analytics.selectors import forest
from apps.analytics.selectors.scope import HOUSE, scope_of
from apps.core.numbers import whole

#: No member has brought more.
_FURTHEST = 10_000_000


def view(request: HttpRequest, team_id: str, member_id: int) -> HttpResponse:
    """``{"children": […]}`` from ``?offset=`` on. 403 without the permission, 404 outside of the reader's teams."""
    user = request.user
    if not user.is_authenticated or not user.has_perm("analytics.view_dashboard"):
        raise PermissionDenied
    team = HOUSE if team_id == str(HOUSE) else whole(team_id)
    offset = whole(request.GET.get("offset", "0"), at_most=_FURTHEST)
    if team is None or offset is None:
        raise Http404
    scope = scope_of(user)
    may = scope.team_ids is None or team in scope.team_ids
    branch = (
        forest.branch_of([team], member_id) if may and (team != HOUSE or scope.team_ids is None) else None
    )
    if branch is None:
        raise Http404
    nodes, left = forest.children_of(branch, offset=offset)
    found = [datum(node) for node in nodes]
    if left:
        found.append(more_datum(branch, left, offset + len(nodes)))
    return JsonResponse({"children": found})


ROUTE = Route(key="forest_branch", path="forest/branch/<str:team_id>/<int:member_id>/", view=view)
