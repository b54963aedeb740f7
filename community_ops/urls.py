"""All URLs. The API of each room hangs under /api/v1/."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.analytics.admin.board.public import shared_view
from apps.analytics.admin.board.routes import urls as analytics_urls
from apps.analytics.api.events import EventsView
from apps.h5.admin.personal_link import personal_link_view
from apps.h5.views.share import short
from community_ops.home.page import live_fragment


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it even where the page names another icon."""
    return redirect(static("portal/logo.svg"), permanent=True)


handler400 = "community_ops.error_pages.bad_request"
handler403 = "community_ops.error_pages.permission_denied"
handler404 = "community_ops.error_pages.page_not_found"
handler500 = "community_ops.error_pages.server_error"

_admin = admin.site.urls[0]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="root"),
    path("favicon.ico", favicon),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/home/live/", admin.site.admin_view(live_fragment), name="home_live"),
    path(
        "admin/members/member/<int:pk>/personal-link/",
        admin.site.admin_view(personal_link_view),
        name="members_member_personal_link",
    ),
    path("m/", include("apps.h5.urls")),
    path("s/<str:code>", short, name="short"),
    path("share/<str:token>/", shared_view, name="analytics_shared"),
    path("api/v1/content-calendar/", include("apps.content_calendar.urls")),
    path("api/v1/payments/", include("apps.orders.urls")),
    path("api/v1/events", EventsView.as_view(), name="events_ingest"),
    path("api/v1/metrics/", include("apps.analytics.urls")),
    path("api/v1/", include("apps.campaigns.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
    # Dashboards belong to no model; before the admin's own, which end in a pattern that takes everything.
    path("admin/", ([*analytics_urls(admin.site), *_admin], "admin", admin.site.name)),
]
