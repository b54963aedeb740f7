"""A member's word on a gift that is being looked at."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.problems import ProblemSerializer
from apps.campaigns.api.base import MemberAPIView, now_of, params_of
from apps.campaigns.api.entries import CODE
from apps.campaigns.services.risk.appealing import LONGEST, appeal
from apps.members.api.authentication import member_of

_BODY = inline_serializer("Appeal", {"text": serializers.CharField(max_length=LONGEST)})
_DONE = inline_serializer("Appealed", {"is_kept": serializers.BooleanField()})


class EntryAppeal(MemberAPIView):
    @extend_schema(
        operation_id="entries_appeal",
        parameters=[CODE],
        request=_BODY,
        responses={200: _DONE, 404: ProblemSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, code: str) -> Response:
        """Say what happened, for the staff who look at a held gift; a later text replaces an earlier one. Which
        rule found what is not told."""
        text = params_of(request).get("text", "")
        appeal(
            member_id=member_of(request).member_id,
            code=code,
            text=text if isinstance(text, str) else "",
            now=now_of(request),
        )
        return Response({"is_kept": True})
