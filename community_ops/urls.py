"""All URLs. The API of each room hangs under /api/v1/."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="root"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/content-calendar/", include("apps.content_calendar.urls")),
    path("admin/", admin.site.urls),
]
