"""One entry by its unguessable code: its page, and playing a verb on it."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.problems import ProblemSerializer
from apps.campaigns.api.base import MemberAPIView, PublicAPIView, key_of, now_of, origin_of, params_of
from apps.campaigns.api.described import KEY, plays_verbs
from apps.campaigns.api.runs import outcome_body
from apps.campaigns.api.serializers import EntryPageSerializer, OutcomeSerializer
from apps.campaigns.api.shapes import (
    benefits,
    entry_row,
    mechanic_words,
    page_shape,
    plain,
    public_name,
    run_row,
)
from apps.campaigns.enums import PartState, RunState
from apps.campaigns.models import Contribution, Entry
from apps.campaigns.selectors.pages import entry_view
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.services.engine import act
from apps.members.api.authentication import member_id_of, member_of

MOST_PARTS = 50
CODE = OpenApiParameter(
    "code", str, OpenApiParameter.PATH, description="As in the link that its owner shared."
)


class EntryPage(PublicAPIView):
    @extend_schema(
        operation_id="entries_get",
        parameters=[CODE],
        responses={200: EntryPageSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, code: str) -> Response:
        """An entry as the viewer sees it: owner, friend or stranger; with the latest who took part."""
        entry = get_object_or_404(Entry.objects.select_related("run__campaign", "owner"), code=code)
        run = entry.run
        if run.state == RunState.CANCELLED:
            raise Http404
        now, member_id = now_of(request), member_id_of(request)
        plan = plan_of(run.pk, run.revision)
        live = Contribution.objects.filter(entry=entry).exclude(state=PartState.VOID)
        latest = live.select_related("member").order_by("-id")[:MOST_PARTS]
        return Response(
            entry_row(entry, now=now)
            | {
                "now": now,
                "run": run_row(run, now=now),
                "mechanic": mechanic_words(plan.mechanic),
                "owner": public_name(entry.owner.nickname),
                "is_mine": entry.owner_id == member_id,
                "page": page_shape(entry_view(entry, member_id=member_id, now=now), plan.mechanic),
                "benefits": benefits(plan),
                "parts": [
                    {
                        "name": public_name(part.member.nickname),
                        "kind": part.kind,
                        "state": part.state,
                        "value": plain(part.value),
                        "at": part.at,
                        "is_mine": part.member_id == member_id,
                    }
                    for part in latest
                ],
            }
        )


class EntryAction(MemberAPIView):
    @extend_schema(operation_id="entries_act", parameters=[CODE, KEY], responses={200: OutcomeSerializer})
    @plays_verbs
    def post(self, request: Request, code: str, verb: str) -> Response:
        """Play a verb on the entry. The body holds its parameters, nothing else; the repeat of a key gets the
        first answer."""
        outcome = act(
            code=code,
            verb=verb,
            member_id=member_of(request).member_id,
            params=params_of(request),
            key=key_of(request),
            now=now_of(request),
            origin=origin_of(request),
        )
        return Response(outcome_body(outcome))
