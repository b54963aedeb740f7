"""What the wizard asks for in passing: groups by name, and a new gift."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.accounts.models import User
from apps.accounts.selectors.teams import assignable_teams
from apps.campaigns.admin.pages import need, staff
from apps.campaigns.models import Benefit
from apps.campaigns.services.benefits import write_benefit
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.groups.models import Group

_FOUND = 30
#: Amounts that default to nothing.
_MAY_BE_EMPTY = ("cost", "face_value", "amount", "coupon_value", "coupon_threshold")


def groups_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """``?q=`` → ``{"count", "groups": [{"id", "name", "about"}]}``, open groups that the user may see (S1)."""
    need(request, "add_campaign", "change_campaign")
    found = Group.objects.visible_to(staff(request)).open()
    for word in request.GET.get("q", "").split():
        found = found.filter(name__icontains=word)
    rows = [
        {"id": group.pk, "name": group.name, "about": f"{group.get_kind_display()} · {group.member_count}"}
        for group in found.order_by("name", "id")[:_FOUND]
    ]
    return JsonResponse({"groups": rows, "count": found.count()})


class BenefitForm(forms.ModelForm):
    """The small form in the wizard's dialog; the rest has its defaults and is edited on the gift's own page."""

    class Meta:
        model = Benefit
        fields = [
            "name",
            "kind",
            "team",
            "cost",
            "face_value",
            "stock",
            "amount",
            "coupon_kind",
            "coupon_value",
            "coupon_threshold",
            "coupon_valid_days",
        ]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = assignable_teams(user)  # type: ignore[attr-defined]
        self.user = user
        for name in _MAY_BE_EMPTY:
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """An amount left empty is its default, nothing."""
        values = super().clean() or self.cleaned_data
        fresh = Benefit()
        for name in _MAY_BE_EMPTY:
            if values.get(name) is None:
                values[name] = getattr(fresh, name)
        if values.get("team") is None and not self.user.has_perm("accounts.view_all_teams"):
            values["team"] = self.user.teams.first()
        return values


def benefit_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """A new gift from the wizard: ``{"id", "label"}``, or 400 with ``{"errors": {field: sentence}}``."""
    need(request, "add_benefit")
    return _benefit(request)


@require_POST
def _benefit(request: HttpRequest) -> HttpResponse:
    form = BenefitForm(request.POST, user=staff(request))
    if not form.is_valid():
        return JsonResponse({"errors": {name: texts[0] for name, texts in form.errors.items()}}, status=400)
    try:
        benefit = write_benefit(
            benefit=None, values=form.cleaned_data, actor=staff(request), now=database_now()
        )
    except DomainError as error:
        return JsonResponse({"errors": {error.field or "__all__": str(error)}}, status=400)
    return JsonResponse({"id": benefit.pk, "label": benefit_label(benefit)})


def benefit_label(benefit: Benefit) -> str:
    """How a gift stands in the wizard's lists."""
    return f"{benefit.name} · {benefit.get_kind_display()} · ¥{benefit.cost}"
