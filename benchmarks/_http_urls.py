"""The product's addresses, and those that are measured against: a bare view with one primary-key query, and one that
answers the same bytes each time."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from apps.campaigns.models import Entry
from community_ops.urls import *  # noqa: F403
from community_ops.urls import urlpatterns


def bare(_request: HttpRequest, pk: int) -> JsonResponse:
    return JsonResponse({"code": Entry.objects.get(pk=pk).code})


def constant(_request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(b"x" * size)


urlpatterns = [*urlpatterns, path("bare/<int:pk>", bare), path("constant/<int:size>", constant)]
