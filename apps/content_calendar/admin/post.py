"""The list of posts, and the way to the room's own pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.accounts.admin.base import ScopedModelAdmin
from apps.content_calendar.admin import approvals_page, calendar_page, editor, post_page
from apps.content_calendar.enums import EDITABLE_STATES, PostState
from apps.content_calendar.models import Post

STATE_COLOURS = {
    PostState.DRAFT: "default",
    PostState.CANCELLED: "default",
    PostState.SUBMITTED: "warning",
    PostState.REJECTED: "danger",
    PostState.SCHEDULED: "info",
    PostState.FINISHED: "success",
}


@admin.register(Post)
class PostAdmin(ScopedModelAdmin):
    """Every post goes through the editor and its page; nothing is deleted once it has been submitted."""

    list_display = ["title", "shown_state", "kind", "scheduled_at", "author", "team"]
    list_filter = ["state", "kind", ("scheduled_at", admin.DateFieldListFilter), "team"]
    list_select_related = ["author", "team"]
    search_fields = ["title", "body"]
    ordering = ["-scheduled_at", "-id"]
    actions = None
    warn_unsaved_form = False

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, post: Post) -> tuple[str, str]:
        return post.state, post.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        pages: list[tuple[str, Any, str]] = [
            ("calendar/", calendar_page.calendar_view, "calendar"),
            ("calendar/tasks/", calendar_page.tasks_view, "tasks"),
            ("approvals/", approvals_page.approvals_view, "approvals"),
            ("preview/", editor.preview_view, "preview"),
            ("<int:pk>/page/", post_page.page_view, "page"),
            ("<int:pk>/progress/", post_page.progress_view, "progress"),
            ("<int:pk>/do/<slug:verb>/", post_page.act_view, "act"),
            ("<int:pk>/delivery/<int:delivery_id>/<slug:verb>/", post_page.delivery_view, "delivery"),
        ]
        own = [
            path(route, wrap(self._bound(view)), name=f"content_calendar_post_{name}")
            for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def _bound(self, view: Any) -> Any:
        def call(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return view(self, request, **kwargs)

        return call

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return editor.add_view(self, request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The editor while the post may be edited, otherwise its page."""
        post = self.get_object(request, object_id)
        if post is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if post.state in EDITABLE_STATES and self.has_change_permission(request, post):
            return editor.change_view(self, request, post)
        return redirect(post.get_absolute_url())

    def has_delete_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        """Drafts that never went anywhere may be deleted; everything else is kept, as its audit trail is."""
        if not super().has_delete_permission(request, obj):
            return False
        return obj is None or (obj.state in EDITABLE_STATES and not obj.targets.exists())
