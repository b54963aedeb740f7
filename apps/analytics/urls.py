"""URLs of the API under ``/api/v1/metrics/``."""

from django.urls import path

from apps.analytics.api.metrics import MetricList, MetricReadings

app_name = "analytics"
urlpatterns = [
    path("", MetricList.as_view(), name="metrics"),
    path("<slug:key>/", MetricReadings.as_view(), name="readings"),
]
