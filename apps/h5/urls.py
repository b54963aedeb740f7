"""Addresses of the member pages, below /m/; short links hang beside them at /s/."""

from django.urls import URLPattern, path

from apps.h5.views import home, login, personal, terms, wechat

app_name = "h5"

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("login/", login.login, name="login"),
    path("login/code/", login.login_code, name="login_code"),
    path("login/wechat/", wechat.wechat, name="wechat"),
    path("login/wechat/back/", wechat.wechat_back, name="wechat_back"),
    path("logout/", login.logout, name="logout"),
    path("go/<str:token>/", personal.personal, name="personal"),
    path("terms/", terms.terms, name="terms"),
]
