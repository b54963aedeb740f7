"""What the member has. Always by the token's member: another's things do not exist here (S2)."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.problems import ProblemSerializer
from apps.campaigns.api.base import MOST_ROWS, MemberAPIView, now_of, whole_number
from apps.campaigns.api.serializers import (
    GrantRowSerializer,
    MyCouponsSerializer,
    MyEntriesSerializer,
    MyGrantsSerializer,
)
from apps.campaigns.api.shapes import coupon_row, entry_row, grant_row, run_row
from apps.campaigns.selectors.wallet import codes_of, coupons_of, entries_of, grants_of
from apps.campaigns.services.granting.addresses import fill_address
from apps.members.api.authentication import member_of

PAGING = [
    OpenApiParameter("limit", int, description=f"1 to {MOST_ROWS}"),
    OpenApiParameter("before", str, description="next_before of the page before."),
]
_MOST_ID = 2**63 - 1


class MyEntries(MemberAPIView):
    @extend_schema(operation_id="me_entries", parameters=PAGING, responses=MyEntriesSerializer)
    def get(self, request: Request) -> Response:
        """Entries that the member opened, newest first."""
        now = now_of(request)
        entries, following = _page(request, entries_of(member_of(request).member_id))
        rows = [entry_row(entry, now=now) | {"run": run_row(entry.run, now=now)} for entry in entries]
        return Response({"now": now, "entries": rows, "next_before": following})


class MyGrants(MemberAPIView):
    @extend_schema(operation_id="me_grants", parameters=PAGING, responses=MyGrantsSerializer)
    def get(self, request: Request) -> Response:
        """Gifts of the member, newest first, with codes once they are issued."""
        grants, following = _page(request, grants_of(member_of(request).member_id))
        codes = codes_of(grants)
        return Response({"grants": [grant_row(grant, codes) for grant in grants], "next_before": following})


class AddressSerializer(serializers.Serializer[dict[str, Any]]):
    name = serializers.CharField(max_length=40)
    phone = serializers.CharField(max_length=40)
    address = serializers.CharField(max_length=200)


class GrantAddress(MemberAPIView):
    @extend_schema(
        operation_id="me_grants_address",
        request=AddressSerializer,
        responses={200: GrantRowSerializer, 404: ProblemSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Where a parcel goes; may be corrected until it is shipped. Needs no Idempotency-Key: again is the same.
        Another's gift is not found (S2), and the address is never sent back."""
        member_id = member_of(request).member_id
        asked = AddressSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        grant = get_object_or_404(grants_of(member_id), pk=pk)
        fill_address(grant=grant, member_id=member_id, **asked.validated_data, now=now_of(request))
        grant.refresh_from_db(fields=["state", "updated_at"])
        return Response(grant_row(grant, {}))


class MyCoupons(MemberAPIView):
    @extend_schema(operation_id="me_coupons", parameters=PAGING, responses=MyCouponsSerializer)
    def get(self, request: Request) -> Response:
        """Coupons of the member, newest first."""
        coupons, following = _page(request, coupons_of(member_of(request).member_id))
        return Response({"coupons": [coupon_row(coupon) for coupon in coupons], "next_before": following})


def _page[M: Any](request: Request, rows: QuerySet[M]) -> tuple[list[M], str | None]:
    """One page by key, and where the next begins: it costs the same however far one turns."""
    limit = whole_number(request, "limit", default=50, most=MOST_ROWS)
    before = whole_number(request, "before", default=0, most=_MOST_ID)
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: limit + 1])
    return found[:limit], str(found[limit - 1].pk) if len(found) > limit else None
