"""Addresses of the member pages, below /m/; short links hang beside them at /s/."""

from django.urls import URLPattern, path

from apps.h5.views import beacon, home, share

app_name = "h5"

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("e/<str:code>/share/", share.share_entry, name="share"),
    path("r/<int:pk>/share/", share.share_run, name="share"),
    path("poster/<str:code>.png", share.poster, name="poster"),
    path("beacon/", beacon.beacon, name="beacon"),
]
