"""The product's addresses, and the one that is measured against: a bare view with one primary-key query."""

from django.http import HttpRequest, JsonResponse
from django.urls import path

from apps.campaigns.models import Entry
from community_ops.urls import *  # noqa: F403
from community_ops.urls import urlpatterns


def bare(_request: HttpRequest, pk: int) -> JsonResponse:
    return JsonResponse({"code": Entry.objects.get(pk=pk).code})


urlpatterns = [*urlpatterns, path("bare/<int:pk>", bare)]
