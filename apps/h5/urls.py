"""Addresses of the member pages, below /m/; short links hang beside them at /s/."""

from django.urls import URLPattern, path

from apps.h5.views import home

app_name = "h5"

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
]
