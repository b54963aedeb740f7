"""URLs of the API under ``/api/v1/content-calendar/``."""

from django.urls import path

from apps.content_calendar.api.groups import GroupSearch
from apps.content_calendar.api.posts import PostFeed, PostTime

app_name = "content_calendar"
urlpatterns = [
    path("posts", PostFeed.as_view(), name="posts"),
    path("posts/<int:pk>/", PostTime.as_view(), name="post"),
    path("groups", GroupSearch.as_view(), name="groups"),
]
