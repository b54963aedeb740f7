"""All URLs. The API of each room hangs under /api/v1/."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from community_ops.home.page import live_fragment

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="root"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/home/live/", admin.site.admin_view(live_fragment), name="home_live"),
    path("admin/", admin.site.urls),
]
