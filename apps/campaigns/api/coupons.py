"""Coupons: a member binds a printed one; a till asks what one saves, and writes it off (核销)."""

from decimal import Decimal
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.problems import ProblemSerializer
from apps.accounts.models import User
from apps.campaigns.api.base import MemberAPIView, PublicAPIView, now_of
from apps.campaigns.api.serializers import CouponRowSerializer
from apps.campaigns.api.shapes import coupon_row
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import BlockedMember
from apps.campaigns.services.coupons.binding import bind_coupon
from apps.campaigns.services.coupons.bulk import Line, Result, write_off_many
from apps.campaigns.services.coupons.finding import find_coupon
from apps.campaigns.services.coupons.terms import quote
from apps.campaigns.services.coupons.writing_off import WRITE_OFF, write_off
from apps.members.api.authentication import member_of

MOST_LINES = 200
CODE = OpenApiParameter(
    "code", str, OpenApiParameter.PATH, description="As printed; case and blanks do not matter."
)
REFUSED = {403: ProblemSerializer, 404: ProblemSerializer, 409: ProblemSerializer}


class MayWriteOff(BasePermission):
    """Staff with the permission; which coupons is a matter of ``visible_to`` (S1)."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and user.has_perm(WRITE_OFF))


class TillAPIView(PublicAPIView):
    """For staff at a till, by their session (with its CSRF token); a member's token opens nothing here."""

    authentication_classes = [SessionAuthentication]  # type: ignore[list-item]
    permission_classes = [MayWriteOff]


class QuoteSerializer(serializers.Serializer[dict[str, Any]]):
    amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal(0), help_text="Of the purchase, in yuan."
    )
    sku = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")


class WriteOffSerializer(QuoteSerializer):
    reference = serializers.CharField(
        max_length=60, help_text="Number of the receipt: a retry with the same one gets the first answer."
    )


class QuotedSerializer(serializers.Serializer[dict[str, Any]]):
    coupon = CouponRowSerializer()
    saved = serializers.DecimalField(max_digits=12, decimal_places=2, help_text="In yuan.")
    to_pay = serializers.DecimalField(max_digits=12, decimal_places=2)


class WrittenOffSerializer(QuotedSerializer):
    is_repeat = serializers.BooleanField()


class BindCoupon(MemberAPIView):
    @extend_schema(
        operation_id="coupons_bind",
        parameters=[CODE],
        request=None,
        responses={200: CouponRowSerializer, **REFUSED},
    )
    def post(self, request: Request, code: str) -> Response:
        """Put a printed coupon into one's wallet, for good. Needs no Idempotency-Key: again changes nothing."""
        member_id = member_of(request).member_id
        if BlockedMember.objects.filter(member_id=member_id).exists():
            raise Refused(_("你暂时不能参加活动。"), hint=_("如有疑问请联系客服申诉。"), code="blocked")
        coupon = bind_coupon(code=code, member_id=member_id, now=now_of(request))
        return Response(coupon_row(coupon))


class QuoteCoupon(TillAPIView):
    @extend_schema(
        operation_id="coupons_quote",
        parameters=[CODE],
        request=QuoteSerializer,
        responses={200: QuotedSerializer, **REFUSED},
    )
    def post(self, request: Request, code: str) -> Response:
        """What the coupon would save; changes nothing."""
        asked = QuoteSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        coupon = find_coupon(code, actor=staff_of(request))
        saved = quote(coupon, **asked.validated_data, now=now_of(request))
        return Response(_quoted(coupon_row(coupon), asked.validated_data["amount"], saved))


class WriteOffCoupon(TillAPIView):
    @extend_schema(
        operation_id="coupons_write_off",
        parameters=[CODE],
        request=WriteOffSerializer,
        responses={200: WrittenOffSerializer, **REFUSED},
    )
    def post(self, request: Request, code: str) -> Response:
        """Use the coupon on a purchase: once, however many tills try at once."""
        asked = WriteOffSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        done = write_off(code=code, **asked.validated_data, actor=staff_of(request), now=now_of(request))
        body = _quoted(coupon_row(done.coupon), asked.validated_data["amount"], done.saved)
        return Response(body | {"is_repeat": done.is_repeat})


class LineSerializer(WriteOffSerializer):
    code = serializers.CharField(max_length=40)


class LinesSerializer(serializers.Serializer[dict[str, Any]]):
    lines = serializers.ListField(child=LineSerializer(), min_length=1, max_length=MOST_LINES)


class ResultSerializer(serializers.Serializer[dict[str, Any]]):
    code = serializers.CharField()
    reference = serializers.CharField()
    saved = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    is_repeat = serializers.BooleanField()
    error = serializers.CharField(help_text="Empty for success.")
    error_code = serializers.CharField()


class ResultsSerializer(serializers.Serializer[dict[str, Any]]):
    results = ResultSerializer(many=True)


class WriteOffMany(TillAPIView):
    @extend_schema(
        operation_id="coupons_write_off_many",
        request=LinesSerializer,
        responses={200: ResultsSerializer, 403: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """Up to 200 at once, each for itself: one wrong line stops no other, and all may be sent again."""
        asked = LinesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        lines = [
            Line(number, line["code"], str(line["amount"]), line["sku"], line["reference"])
            for number, line in enumerate(asked.validated_data["lines"], start=1)
        ]
        results = write_off_many(lines=lines, actor=staff_of(request), now=now_of(request))
        return Response({"results": [_result(result) for result in results]})


def _result(result: Result) -> dict[str, Any]:
    return {
        "code": result.line.code,
        "reference": result.line.reference,
        "saved": result.saved,
        "is_repeat": result.is_repeat,
        "error": result.error,
        "error_code": result.error_code,
    }


def staff_of(request: Request) -> User:
    """The signed-in user: ``MayWriteOff`` lets nobody else through."""
    return cast(User, request.user)


def _quoted(coupon: dict[str, Any], amount: Decimal, saved: Decimal) -> dict[str, Any]:
    return {"coupon": coupon, "saved": saved, "to_pay": amount - saved}
