"""URLs of the members' API under ``/api/v1/``."""

from django.urls import path

from apps.campaigns.api.appeals import EntryAppeal
from apps.campaigns.api.coupons import BindCoupon, QuoteCoupon, WriteOffCoupon, WriteOffMany
from apps.campaigns.api.entries import EntryAction, EntryPage
from apps.campaigns.api.me import GrantAddress, MyCoupons, MyEntries, MyGrants
from apps.campaigns.api.runs import RunBoard, RunEntries, RunList, RunPage

app_name = "campaigns"
urlpatterns = [
    path("runs/", RunList.as_view(), name="runs"),
    path("runs/<int:pk>/", RunPage.as_view(), name="run"),
    path("runs/<int:pk>/entries", RunEntries.as_view(), name="run_entries"),
    path("runs/<int:pk>/board", RunBoard.as_view(), name="run_board"),
    path("entries/<str:code>/", EntryPage.as_view(), name="entry"),
    path("entries/<str:code>/appeal", EntryAppeal.as_view(), name="entry_appeal"),
    path("entries/<str:code>/actions/<str:verb>", EntryAction.as_view(), name="entry_action"),
    path("me/entries", MyEntries.as_view(), name="my_entries"),
    path("me/grants", MyGrants.as_view(), name="my_grants"),
    path("me/grants/<int:pk>/address", GrantAddress.as_view(), name="grant_address"),
    path("me/coupons", MyCoupons.as_view(), name="my_coupons"),
    path("coupons/write-off", WriteOffMany.as_view(), name="coupons_write_off"),
    path("coupons/<str:code>/bind", BindCoupon.as_view(), name="coupon_bind"),
    path("coupons/<str:code>/quote", QuoteCoupon.as_view(), name="coupon_quote"),
    path("coupons/<str:code>/write-off", WriteOffCoupon.as_view(), name="coupon_write_off"),
]
