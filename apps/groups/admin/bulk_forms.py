"""The small forms behind bulk actions and closing."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.admin import helpers
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.accounts.models import User
from apps.accounts.selectors.teams import assignable_teams
from apps.channels.models import Channel
from apps.groups.enums import GroupStage

KEEP = "keep"
EMPTY = "empty"


class BulkForm(forms.Form):
    """Choices are what the user may see (S1); 不变 leaves a field alone."""

    stage = forms.ChoiceField(label=_("阶段"), required=False, widget=UnfoldAdminSelectWidget())
    team = forms.ChoiceField(label=_("团队"), required=False, widget=UnfoldAdminSelectWidget())
    owner = forms.ChoiceField(label=_("运营负责人"), required=False, widget=UnfoldAdminSelectWidget())
    channel = forms.ChoiceField(label=_("发送通道"), required=False, widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rows: dict[str, dict[str, Any]] = {}
        self._offer("team", assignable_teams(user))
        self._offer("owner", User.objects.visible_to(user).filter(is_active=True))
        self._offer("channel", Channel.objects.visible_to(user))
        open_stages = [choice for choice in GroupStage.choices if choice[0] != GroupStage.CLOSED]
        self._choices("stage", open_stages)

    def _offer(self, name: str, rows: Any) -> None:
        self._rows[name] = {str(row.pk): row for row in rows}
        choices = [(key, str(row)) for key, row in self._rows[name].items()]
        self._choices(name, [(EMPTY, _("（清空）")), *choices])

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        field.choices = [(KEEP, _("不变")), *choices]  # type: ignore[attr-defined]
        field.initial = KEEP

    def changes(self) -> dict[str, Any]:
        """What to pass to ``assign``: the chosen rows by field, ``None`` where it is to be emptied."""
        picked = {name: self.cleaned_data[name] for name in ("team", "owner", "channel")}
        return {
            name: None if value == EMPTY else self._rows[name][value]
            for name, value in picked.items()
            if value not in (KEEP, "")
        }

    def stage_change(self) -> str | None:
        value = self.cleaned_data["stage"]
        return value if value not in (KEEP, "") else None


class ZoneField(forms.ChoiceField):
    """A time zone that exists: those of the trade's markets first, every other by name after them."""

    FIRST = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "UTC")

    def __init__(self, **kwargs: Any) -> None:
        others = sorted(name for name in available_timezones() if "/" in name and name not in self.FIRST)
        choices = [(name, name) for name in (*self.FIRST, *others)]
        super().__init__(choices=choices, widget=UnfoldAdminSelectWidget(), **kwargs)


class CloseForm(BaseDialogForm):
    """Why a group ends."""

    reason = forms.CharField(
        label=_("结束原因"), max_length=500, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )


def bulk_context(request: HttpRequest, form: BulkForm, groups: Any, title: Any) -> dict[str, Any]:
    """What ``groups/bulk.html`` needs."""
    return {
        **admin.site.each_context(request),
        "title": title,
        "form": form,
        "groups": groups,
        "opts": groups.model._meta,
        "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
    }
