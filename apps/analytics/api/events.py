"""``POST /api/v1/events``: another system tells what happened."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.problems import ProblemSerializer
from apps.analytics.api.bodies import BatchParser
from apps.analytics.api.sources import IsSource, SourceActor, SourceAuthentication, SourceLimit
from apps.analytics.services.ingesting import MOST_ERRORS, MOST_ITEMS, ingest
from apps.core.errors import Invalid
from apps.events.schemas.base import Need
from apps.events.schemas.registry import all_schemas, outside_kinds


class ItemSerializer(serializers.Serializer[Any]):
    """For the API's description only: the service reads items itself."""

    kind = serializers.ChoiceField(choices=[])
    key = serializers.CharField(
        max_length=80, help_text="The same key from the same source is one fact for ever."
    )
    occurred_at = serializers.DateTimeField(help_text="ISO 8601 with a zone; late facts are welcome.")
    group = serializers.IntegerField(required=False, help_text="Our number of the group.")
    member = serializers.JSONField(
        required=False,
        help_text='Our number, or {"kind": "phone" | "wechat" | "unionid" | …, "value": "…"}.',
    )
    value = serializers.CharField(required=False, help_text='At most two decimals, as text: "12.50".')
    data = serializers.DictField(  # type: ignore[assignment]  # the name of a part, and of an attribute
        required=False, help_text="Only keys that the kind's schema names."
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["kind"] = serializers.ChoiceField(choices=list(outside_kinds()))
        return fields


class BatchSerializer(serializers.Serializer[Any]):
    events = ItemSerializer(many=True, help_text=f"At most {MOST_ITEMS}.")


class ErrorSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="Place in the batch, from 0.")
    key = serializers.CharField()
    code = serializers.CharField(help_text="Stable word: bad_time, unknown_member …")
    field = serializers.CharField()
    message = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    accepted = serializers.IntegerField(help_text="Written now.")
    known = serializers.IntegerField(help_text="Their keys were here already; nothing was changed.")
    rejected = serializers.IntegerField()
    errors = ErrorSerializer(  # type: ignore[assignment]  # as above
        many=True, help_text=f"The first {MOST_ERRORS} of the rejected."
    )


class EventsSchema(AutoSchema):
    """The kinds and what they need, read from the schemas each time."""

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular's own has no arguments
        return f"{super().get_description()}\n\n{kinds_table()}"


def kinds_table() -> str:
    """Markdown: what may come from outside, part by part."""
    lines = ["| kind | | member | group | value | data |", "|---|---|---|---|---|---|"]
    for kind in outside_kinds():
        schema = all_schemas()[kind]
        value = f"{schema.value.value}: {schema.value_words}" if schema.value != Need.NEVER else "never"
        data = ", ".join(
            f"`{field.key}`{'*' if field.required or field.asked else ''} {field.type.value}"
            for field in schema.data
            if not field.ours
        )
        lines.append(
            f"| `{kind}` | {schema.words} | {schema.member.value} | {schema.group.value} | {value} | {data} |"
        )
    return "\n".join(lines)


class EventsView(APIView):
    """Facts in batches. A body that cannot be stored (NUL, half characters, numbers beyond 64 bits) is refused whole; of
    others every item is judged alone, and what is right is written in one transaction.

    Sending a batch again is safe. Groups, members and campaigns outside of the source's team are unknown to it.
    """

    authentication_classes = (SourceAuthentication,)
    permission_classes = (IsSource,)
    throttle_classes = (SourceLimit,)
    parser_classes = (BatchParser,)
    schema = EventsSchema()

    @extend_schema(
        operation_id="events_ingest",
        request=BatchSerializer,
        responses={
            200: AnswerSerializer,
            **dict.fromkeys((400, 401, 403, 413, 415, 429), ProblemSerializer),
        },
        parameters=[
            OpenApiParameter(
                "Content-Encoding", str, OpenApiParameter.HEADER, description="gzip, or nothing."
            )
        ],
    )
    def post(self, request: Request) -> Response:
        actor: Any = request.user
        assert isinstance(actor, SourceActor)
        body: Any = request.data
        items = body.get("events")
        if not isinstance(items, list) or len(body) != 1:
            raise Invalid(_('请求要是 {"events": […]}。'), hint=_("没有别的项。"), field="events")
        answer = ingest(source=actor.source, items=items, now=actor.at)
        return Response(
            {
                "accepted": answer.accepted,
                "known": answer.known,
                "rejected": answer.rejected,
                "errors": [
                    {
                        "index": one.index,
                        "key": one.key,
                        "code": one.code,
                        "field": one.field,
                        "message": str(one.message),
                    }
                    for one in answer.errors
                ],
            }
        )
