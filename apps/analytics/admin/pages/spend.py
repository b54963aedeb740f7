"""投放花费: what was spent on ads and partners, entered here or by a file."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin.base import run_service
from apps.accounts.models import User
from apps.accounts.selectors.teams import assignable_teams
from apps.analytics.admin.board.page import Route
from apps.analytics.selectors.periods import day_of
from apps.analytics.services.spend import record_spend, reversal_key, reverse_spend
from apps.campaigns.models import Campaign, ShareLink
from apps.core.clock import database_now
from apps.core.numbers import whole
from apps.events.enums import EventKind
from apps.events.models import Event

_ROWS = 50
_CHOICES = 200


class SpendForm(forms.Form):
    day = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    amount = forms.DecimalField(label=_("花费（元）"), max_digits=11, decimal_places=2)
    channel = forms.CharField(label=_("渠道"), max_length=60, required=False)
    campaign = forms.ModelChoiceField(
        label=_("活动"), queryset=Campaign.objects.none(), required=False, empty_label=_("不属于某个活动")
    )
    team = forms.ModelChoiceField(
        label=_("团队"), queryset=Campaign.objects.none(), required=False, empty_label=_("不属于某个团队")
    )
    note = forms.CharField(label=_("说明"), max_length=120, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams: Any = self.fields["team"]
        campaigns: Any = self.fields["campaign"]
        teams.queryset = assignable_teams(user)
        campaigns.queryset = Campaign.objects.visible_to(user).order_by("-pk")
        if not user.has_perm("accounts.view_all_teams"):
            teams.required, teams.empty_label = True, None
        self.fields["channel"].widget.attrs["list"] = "spend-channels"
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "an-input")


def spend_view(request: HttpRequest) -> HttpResponse:
    """The form and the last spends; POST records one, or takes one back (``back``: its number)."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm("events.add_event"):
        raise PermissionDenied
    now = database_now()
    form = SpendForm(
        request.POST if request.method == "POST" and "back" not in request.POST else None,
        user=user,
        initial={"day": day_of(now), "key": uuid4().hex, "team": user.teams.first()},
    )
    here = HttpResponseRedirect(reverse("admin:analytics_spend"))
    if request.method == "POST" and "back" in request.POST:
        number = whole(request.POST["back"])
        if number is not None:
            run_service(
                request,
                lambda: reverse_spend(actor=user, event_id=number, now=now),
                success=_("已冲正。两笔都留在记录里，合计为零。"),
            )
        return here
    if form.is_valid():
        done = run_service(
            request,
            lambda: record_spend(actor=user, now=now, **form.cleaned_data) or True,  # type: ignore[func-returns-value]
            success=_("已记下。一分钟内会算进获客成本和投产比。"),
        )
        if done:
            return here
    elif form.is_bound:
        messages.error(request, str(_("还有没填对的地方，请看标红的说明。")))
    return TemplateResponse(request, "analytics/spend.html", _context(request, user, form))


def _context(request: HttpRequest, user: User, form: SpendForm) -> dict[str, Any]:
    spends = (
        Event.objects.visible_to(user)
        .filter(kind=EventKind.SPEND_RECORDED)
        .select_related("actor", "team")
        .order_by("-id")[:_ROWS]
    )
    rows = list(spends)
    keys = {reversal_key(row.pk) for row in rows}
    back = set(Event.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    ids = {row.data.get("campaign") for row in rows} - {None}
    titles = dict(Campaign.objects.visible_to(user).filter(pk__in=ids).values_list("pk", "title"))
    channels = ShareLink.objects.visible_to(user).exclude(channel="").values_list("channel", flat=True)
    known = {row.data.get("channel") for row in rows} | set(channels.order_by().distinct()[:_CHOICES])
    return {
        **site.each_context(request),
        "title": _("投放花费"),
        "is_fullwidth": "1",
        "form": form,
        "channels": sorted(known - {None, ""}),
        "rows": [
            {
                "event": row,
                "campaign": titles.get(row.data.get("campaign"), ""),
                "may_go_back": row.value is not None and row.value > 0 and reversal_key(row.pk) not in back,
            }
            for row in rows
        ],
    }


ROUTE = Route("spend", "spend/", spend_view)
