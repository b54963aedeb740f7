"""Finding groups while a post is being written."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.content_calendar.api.problems import PostsAPIView, actor_of
from apps.content_calendar.selectors.audience import FILTER_COLUMNS, groups_matching
from apps.groups.models import Group

_PAGE = 30


class GroupSerializer(serializers.ModelSerializer[Group]):
    kind = serializers.CharField(source="get_kind_display")
    channel = serializers.CharField(source="channel.name", default="")

    class Meta:
        model = Group
        fields = ["id", "name", "kind", "member_count", "channel"]


class GroupsFoundSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    groups = GroupSerializer(many=True)


class GroupSearch(PostsAPIView):
    @extend_schema(
        operation_id="content_calendar_groups",
        parameters=[
            OpenApiParameter("q", str),
            *(OpenApiParameter(n, str, many=True) for n in FILTER_COLUMNS),
        ],
        responses=GroupsFoundSerializer,
    )
    def get(self, request: Request) -> Response:
        """Open groups that the user may see, by a piece of their name (``q``) and by the keys of a post's
        filter (``kind``, ``platform``, ``stage``, ``team``, each repeatable); how many, and the first of them."""
        chosen = {key: request.query_params.getlist(key) for key in FILTER_COLUMNS}
        groups = groups_matching(chosen, user=actor_of(request))
        if text := request.query_params.get("q", "").strip():
            groups = groups.filter(name__icontains=text)
        found = groups.select_related("channel")[:_PAGE]
        return Response({"count": groups.count(), "groups": GroupSerializer(found, many=True).data})
