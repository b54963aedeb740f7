"""The friends that a click in the picture of a tree asks for."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from apps.analytics.admin.board.page import Route
from apps.analytics.admin.pages.forest import datum, more_datum
from apps.analytics.selectors import forest
from apps.analytics.selectors.scope import HOUSE, scope_of


def view(request: HttpRequest, team_id: str, member_id: int) -> HttpResponse:
    """``{"children": […]}`` from ``?offset=`` on. 403 without the permission, 404 outside of the reader's teams."""
    user = request.user
    if not user.is_authenticated or not user.has_perm("analytics.view_dashboard"):
        raise PermissionDenied
    try:
        team, offset = int(team_id), min(int(request.GET.get("offset", "0")), 10_000_000)
    except ValueError as error:
        raise Http404 from error
    scope = scope_of(user)
    may = scope.team_ids is None or team in scope.team_ids
    branch = (
        forest.branch_of([team], member_id) if may and (team != HOUSE or scope.team_ids is None) else None
    )
    if branch is None or offset < 0:
        raise Http404
    nodes, left = forest.children_of(branch, offset=offset)
    found = [datum(node) for node in nodes]
    if left:
        found.append(more_datum(branch, left, offset + len(nodes)))
    return JsonResponse({"children": found})


ROUTE = Route(key="forest_branch", path="forest/branch/<str:team_id>/<int:member_id>/", view=view)
