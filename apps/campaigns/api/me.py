"""What the member has. Always by the token's member: another's things do not exist here (S2)."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.campaigns.api.base import MOST_ROWS, MemberAPIView, now_of, whole_number
from apps.campaigns.api.serializers import MyCouponsSerializer, MyEntriesSerializer, MyGrantsSerializer
from apps.campaigns.api.shapes import coupon_row, entry_row, grant_row, run_row
from apps.campaigns.selectors.wallet import codes_of, coupons_of, entries_of, grants_of
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
