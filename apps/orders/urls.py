"""URLs under ``/api/v1/payments/``."""

from django.urls import path

from apps.orders.views.notices import notify

app_name = "payments"
urlpatterns = [path("<slug:provider>/notify", notify, name="notify")]
