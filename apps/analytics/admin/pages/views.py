"""保存的视图 and 分享链接: what I keep and what I gave away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.analytics.admin.board.filters import Filters, labels
from apps.analytics.admin.board.page import Page, Route
from apps.analytics.admin.board.presets import DEFAULT
from apps.analytics.admin.board.routes import all_pages
from apps.analytics.models import SavedView, SharedView
from apps.analytics.selectors.sharing import frozen_scope, with_rights
from apps.analytics.services.views import delete_view, revoke_share, save_view, share_page
from apps.core.clock import database_now
from apps.core.errors import DomainError, Invalid
from apps.core.numbers import whole

_ROWS = 200


@dataclass(frozen=True)
class Link:
    """A shared link as its sharer sees it. ``state``: works, over, revoked or lost."""

    view: SharedView
    label: str
    state: str
    words: str


def views_view(request: HttpRequest) -> HttpResponse:
    """List, and on POST do one thing (``do``: save, delete, share, revoke)."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm("analytics.view_dashboard"):
        raise PermissionDenied
    link = ""
    if request.method == "POST":
        try:
            answer = _DOINGS.get(request.POST.get("do", ""), _unknown)(request, user)
        except DomainError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:analytics_views"))
        if isinstance(answer, HttpResponse):
            return answer
        link = request.build_absolute_uri(reverse("analytics_shared", args=[answer]))
    return _show(request, user, link)


def _show(request: HttpRequest, user: User, link: str) -> HttpResponse:
    pages, now = all_pages(), database_now()
    views = SavedView.objects.visible_to(user).select_related("owner", "team").order_by("page", "name")
    saved = [
        (view, pages[view.page].label, f"{reverse(f'admin:analytics_{view.page}')}?{view.query}")
        for view in views.distinct()[:_ROWS]
        if view.page in pages
    ]
    shares = SharedView.objects.visible_to(user).select_related("sharer").order_by("-created_at")[:_ROWS]
    context = {
        **site.each_context(request),
        "title": _("视图和分享链接"),
        "is_fullwidth": "1",
        "saved": saved,
        "links": _links(list(shares), pages, now),
        "link": link,
        "may_change": user.has_perm("analytics.change_sharedview"),
    }
    answer = TemplateResponse(request, "analytics/views.html", context)
    if link:
        answer["Cache-Control"] = "no-store"
    return answer


def _links(views: list[SharedView], pages: dict[str, Page], now: datetime) -> list[Link]:
    """As many queries for many links as for one."""
    permissions = {key: page.permission for key, page in pages.items()}
    working = with_rights(views, permissions)
    defaults = [pages[view.page].preset if view.page in pages else DEFAULT for view in views]
    choices = [(QueryDict(view.query).dict(), frozen_scope(view)) for view in views]
    found = []
    for view, label in zip(views, labels(choices, now=now, defaults=defaults), strict=True):
        if view.revoked_at is not None:
            state, words = "revoked", _("已收回")
        elif view.expires_at <= now:
            state, words = "over", _("已到期")
        elif view.pk not in working:
            state, words = "lost", _("分享人失去权限，已失效")
        else:
            state, words = "works", _("有效")
        name = pages[view.page].label if view.page in pages else view.page
        found.append(Link(view, f"{name} · {label}", state, words))
    return found


def _page(request: HttpRequest, user: User) -> tuple[Page, str]:
    """The page named in the form and its choices, as the filters understand them: nothing else is kept."""
    page = all_pages().get(request.POST.get("page", ""))
    if page is None or not user.has_perm(page.permission):
        raise Invalid(_("没有这个页面。"), hint=_("回到页面，重新点“保存视图”或“分享”。"))
    given = QueryDict(request.POST.get("query", "")[:2000]).dict()
    return page, Filters.from_query(given, user=user, default=page.preset, choices=page.choices).query()


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    if not text:
        return None
    number = whole(text, at_most=999_999_999)
    if number is None:
        raise Invalid(_("选项不对。"), hint=_("刷新页面，重新选择。"), field=name)
    return number


def _save(request: HttpRequest, user: User) -> HttpResponse:
    page, query = _page(request, user)
    view = save_view(
        actor=user,
        page=page.key,
        name=request.POST.get("name", ""),
        query=query,
        team_id=_number(request, "team"),
    )
    messages.success(request, _("已保存视图“%s”。") % view)
    return HttpResponseRedirect(f"{reverse(f'admin:analytics_{page.key}')}?{query}")


def _delete(request: HttpRequest, user: User) -> HttpResponse:
    delete_view(actor=user, view_id=_number(request, "id") or 0)
    messages.success(request, _("已删除。"))
    return HttpResponseRedirect(reverse("admin:analytics_views"))


def _share(request: HttpRequest, user: User) -> str:
    page, query = _page(request, user)
    if not page.can_share:
        raise Invalid(_("这个页面不能分享。"), hint=_("页面里有成员信息，请导出后再给人看。"))
    now = database_now()
    given = Filters.from_query(QueryDict(query).dict(), user=user, now=now, default=page.preset)
    _view, token = share_page(
        actor=user,
        page=page.key,
        query=query,
        days=_number(request, "days") or 0,
        now=now,
        scope=given.scope,
    )
    return token


def _revoke(request: HttpRequest, user: User) -> HttpResponse:
    revoke_share(actor=user, view_id=_number(request, "id") or 0, now=database_now())
    messages.success(request, _("已收回，链接打不开了。"))
    return HttpResponseRedirect(reverse("admin:analytics_views"))


def _unknown(request: HttpRequest, user: User) -> HttpResponse:
    raise Invalid(_("不知道要做什么。"), hint=_("刷新页面，再试一次。"))


_DOINGS: dict[str, Any] = {"save": _save, "delete": _delete, "share": _share, "revoke": _revoke}

ROUTE = Route(key="views", path="views/", view=views_view)
