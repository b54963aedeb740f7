"""Runs: what goes on, one run's page, its open entries, its board, and opening an entry."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.problems import ProblemSerializer
from apps.campaigns.api.base import (
    MOST_ROWS,
    PublicAPIView,
    flag,
    key_of,
    now_of,
    origin_of,
    params_of,
    whole_number,
)
from apps.campaigns.api.described import KEY, opens_entries
from apps.campaigns.api.serializers import (
    BoardSerializer,
    EntryListSerializer,
    OutcomeSerializer,
    RunListSerializer,
    RunPageSerializer,
)
from apps.campaigns.api.shapes import entry_row, public_name, run_page, run_row
from apps.campaigns.models import Entry, Run
from apps.campaigns.selectors.board import BoardRow, board
from apps.campaigns.selectors.pages import run_view
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.selectors.public_runs import going_and_coming, joinable_entries, public_runs
from apps.campaigns.services.engine import Outcome, open_entry
from apps.core.errors import DomainError
from apps.members.api.authentication import IsMember, member_id_of, member_of

LIMIT = OpenApiParameter("limit", int, description=f"1 to {MOST_ROWS}")


class RunList(PublicAPIView):
    @extend_schema(operation_id="runs_list", parameters=[LIMIT], responses=RunListSerializer)
    def get(self, request: Request) -> Response:
        """Runs that go on, soonest to end first, then those to come."""
        now = now_of(request)
        limit = whole_number(request, "limit", default=50, most=MOST_ROWS)
        runs = going_and_coming(now=now)[:limit]
        return Response({"now": now, "runs": [run_row(run, now=now) for run in runs]})


class RunPage(PublicAPIView):
    @extend_schema(operation_id="runs_get", responses={200: RunPageSerializer, 404: ProblemSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """One run for the viewer: the mechanic's page, countdown, what can be won, stock left, own entries."""
        run = found_run(pk)
        now, member_id = now_of(request), member_id_of(request)
        page = run_view(run, member_id=member_id, now=now)
        body = run_page(run, plan_of(run.pk, run.revision), page, now=now)
        own = Entry.objects.filter(run=run, owner_id=member_id).order_by("-id") if member_id else ()
        return Response(body | {"my_entries": [entry.code for entry in own[:MOST_ROWS]]})


class RunEntries(PublicAPIView):
    """Reading is for anybody, opening an entry for members."""

    def get_permissions(self) -> list[Any]:
        return [IsMember()] if self.request.method == "POST" else [AllowAny()]

    @extend_schema(
        operation_id="runs_entries_list",
        parameters=[
            OpenApiParameter("nearly_full", bool, description="Fewest free seats first."),
            LIMIT,
        ],
        responses={200: EntryListSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Open entries that strangers may join. Only where the mechanic lets them be found; else 404."""
        run, now = found_run(pk), now_of(request)
        if not plan_of(run.pk, run.revision).mechanic.is_browsable:
            raise DomainError(
                _("这个玩法只能通过好友的链接参加。"), hint=_("请打开好友发来的链接。"), code="not_found"
            )
        limit = whole_number(request, "limit", default=20, most=MOST_ROWS)
        entries = joinable_entries(run=run, now=now, nearly_full=flag(request, "nearly_full"))
        rows = [
            entry_row(entry, now=now) | {"owner": public_name(entry.owner.nickname)}
            for entry in entries.select_related("owner")[:limit]
        ]
        return Response({"now": now, "entries": rows})

    @extend_schema(operation_id="runs_entries_open", parameters=[KEY], responses={201: OutcomeSerializer})
    @opens_entries
    def post(self, request: Request, pk: int) -> Response:
        """Open an entry in the run by the mechanic's opening verb. The body holds its parameters, nothing else."""
        outcome = open_entry(
            run_id=pk,
            member_id=member_of(request).member_id,
            params=params_of(request),
            key=key_of(request),
            now=now_of(request),
            origin=origin_of(request),
        )
        return Response(outcome_body(outcome), status=201)


class RunBoard(PublicAPIView):
    @extend_schema(
        operation_id="runs_board",
        parameters=[
            LIMIT,
            OpenApiParameter("around", str, enum=["me"], description="Rows around one's own."),
        ],
        responses={200: BoardSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Best score first; ties go to who reached the score first (C7)."""
        run, now = found_run(pk), now_of(request)
        limit = whole_number(request, "limit", default=20, most=MOST_ROWS)
        is_around = request.query_params.get("around") == "me"
        found = board(
            run_id=run.pk, limit=limit, member_id=member_id_of(request), now=now, is_around=is_around
        )
        mine = None if found.mine is None else _board_row(found.mine)
        rows = [_board_row(row) for row in found.rows]
        return Response({"now": now, "rows": rows, "total": found.total, "mine": mine, "gap": found.gap})


def _board_row(row: BoardRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("rank", "name", "title", "score", "is_mine")}


def found_run(pk: int) -> Run:
    """The run if it has a page; ``Http404`` otherwise."""
    return get_object_or_404(public_runs(), pk=pk)


def outcome_body(outcome: Outcome) -> dict[str, Any]:
    return {"code": outcome.code, "answer": outcome.answer, "is_repeat": outcome.is_repeat}
