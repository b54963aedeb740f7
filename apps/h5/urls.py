"""Addresses of the member pages, below /m/; short links hang beside them at /s/."""

from django.urls import URLPattern, path

from apps.h5.views import home, landing

app_name = "h5"

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("r/<int:pk>/", landing.run, name="run"),
    path("r/<int:pk>/live/", landing.live, name="live"),
    path("r/<int:pk>/seen.gif", landing.seen, name="seen"),
    path("contact/", landing.contact, name="contact"),
    path("pic/<str:token>/<int:width>.webp", landing.landing_picture, name="landing_picture"),
    path("preview/<str:token>/", landing.preview, name="preview"),
]
