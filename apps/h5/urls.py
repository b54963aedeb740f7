"""Addresses of the member pages, below /m/; short links hang beside them at /s/."""

from django.urls import URLPattern, path

from apps.h5.views import beacon, board, entry, home, login, personal, photo, play, share, terms, wechat
from apps.h5.views import home, landing
from apps.h5.views import (
    beacon,
    board,
    coupons,
    entry,
    gifts,
    home,
    login,
    me,
    paying,
    personal,
    photo,
    play,
    share,
    terms,
    wechat,
)

app_name = "h5"

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("r/<int:pk>/", landing.run, name="run"),
    path("r/<int:pk>/live/", landing.live, name="live"),
    path("r/<int:pk>/seen.gif", landing.seen, name="seen"),
    path("contact/", landing.contact, name="contact"),
    path("pic/<str:token>/<int:width>.webp", landing.landing_picture, name="landing_picture"),
    path("preview/<str:token>/", landing.preview, name="preview"),
    path("e/<str:code>/share/", share.share_entry, name="share"),
    path("r/<int:pk>/share/", share.share_run, name="share"),
    path("poster/<str:code>.png", share.poster, name="poster"),
    path("beacon/", beacon.beacon, name="beacon"),
    path("me/", me.me, name="me"),
    path("me/entries/", me.my_entries, name="my_entries"),
    path("me/coupons/", coupons.my_coupons, name="my_coupons"),
    path("me/coupons/<str:code>/", coupons.coupon, name="coupon"),
    path("me/gifts/", gifts.my_gifts, name="my_gifts"),
    path("me/gifts/<int:pk>/address/", gifts.address, name="address"),
    path("me/gifts/<int:pk>/received/", gifts.received, name="received"),
    path("me/points/", me.my_points, name="my_points"),
    path("me/invites/", me.my_invites, name="my_invites"),
    path("pay/<str:number>/", paying.pay, name="pay"),
    path("pay/<str:number>/state/", paying.pay_state, name="pay_state"),
    path("r/<int:pk>/play/", play.play, name="play"),
    path("r/<int:pk>/open/", play.open_entry, name="open"),
    path("r/<int:pk>/board/", board.board, name="board"),
    path("r/<int:pk>/shelf/", board.shelf, name="shelf"),
    path("e/<str:code>/", entry.entry, name="entry"),
    path("e/<str:code>/do/<slug:verb>/", entry.act, name="act"),
    path("photo/<str:name>", photo.photo, name="photo"),
    path("login/", login.login, name="login"),
    path("login/code/", login.login_code, name="login_code"),
    path("login/wechat/", wechat.wechat, name="wechat"),
    path("login/wechat/back/", wechat.wechat_back, name="wechat_back"),
    path("logout/", login.logout, name="logout"),
    path("go/<str:token>/", personal.personal, name="personal"),
    path("terms/", terms.terms, name="terms"),
]
