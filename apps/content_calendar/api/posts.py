"""The calendar's feed, and the drag."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.content_calendar.api.problems import PostsAPIView, actor_of
from apps.content_calendar.enums import PostState
from apps.content_calendar.models import Post
from apps.content_calendar.selectors.calendar import Wanted, entries, posts_of_calendar
from apps.content_calendar.selectors.wall_clock import from_wall
from apps.content_calendar.services.changes import move_post
from apps.core.clock import database_now


class WallTimeField(serializers.CharField):
    """``2026-03-02T09:00`` on the house clock, or an ISO time with its offset; becomes an aware datetime."""

    def to_internal_value(self, data: Any) -> datetime:  # type: ignore[override]
        try:
            return from_wall(datetime.fromisoformat(super().to_internal_value(data)))
        except ValueError as error:
            raise serializers.ValidationError(_("时间要写成 2026-03-02T09:00 这样。")) from error


class RangeSerializer(serializers.Serializer[dict[str, Any]]):
    start = WallTimeField(help_text="From, on the house clock.")
    end = WallTimeField(help_text="Up to and without.")
    group = serializers.IntegerField(required=False, allow_null=True)
    channel = serializers.IntegerField(required=False, allow_null=True)
    owner = serializers.IntegerField(required=False, allow_null=True)
    state = serializers.ChoiceField(choices=PostState.choices, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not timedelta(0) < attrs["end"] - attrs["start"] <= timedelta(days=370):
            raise serializers.ValidationError({"end": _("一次最多看一年，结束要晚于开始。")})
        return attrs


class ProgressSerializer(serializers.Serializer[dict[str, Any]]):
    total = serializers.IntegerField()
    sent = serializers.IntegerField()
    trouble = serializers.IntegerField()
    begun = serializers.IntegerField()


class EntrySerializer(serializers.Serializer[dict[str, Any]]):
    """For the API's description only; ``entries`` builds plain dicts, because a month may hold thousands."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    start = serializers.CharField(help_text="On the house clock, without an offset.")
    state = serializers.ChoiceField(choices=PostState.choices)
    kind = serializers.CharField()
    is_group_time = serializers.BooleanField()
    author = serializers.CharField()
    group_count = serializers.IntegerField(allow_null=True)
    progress = ProgressSerializer()
    can_move = serializers.BooleanField()


class MoveSerializer(serializers.Serializer[dict[str, Any]]):
    scheduled_at = WallTimeField()


class PostFeed(PostsAPIView):
    @extend_schema(
        operation_id="content_calendar_posts_list",
        parameters=[RangeSerializer],
        responses=EntrySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Posts of a span of time, narrowed by group, channel, owner and state; only what the user may see."""
        asked = RangeSerializer(data={k: v for k, v in request.query_params.items() if v != ""})
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        start, end = values.pop("start"), values.pop("end")
        posts = posts_of_calendar(actor_of(request), start=start, end=end, wanted=Wanted(**values))
        return Response(entries(actor_of(request), posts))


class PostTime(PostsAPIView):
    def _visible(self, request: Request) -> QuerySet[Post]:
        return Post.objects.visible_to(actor_of(request))

    @extend_schema(
        operation_id="content_calendar_posts_move", request=MoveSerializer, responses=EntrySerializer
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Move a post in time; 404 for what the user may not see, 409 if it has begun or waits for approval."""
        post = get_object_or_404(self._visible(request), pk=pk)
        asked = MoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        move_post(
            post=post, to=asked.validated_data["scheduled_at"], actor=actor_of(request), now=database_now()
        )
        return Response(entries(actor_of(request), self._visible(request).filter(pk=pk))[0])
