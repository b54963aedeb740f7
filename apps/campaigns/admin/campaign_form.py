"""Everything on the wizard but rules, risk and gifts."""

import re
from datetime import datetime, time
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.accounts.selectors.teams import assignable_teams
from apps.campaigns.models import Campaign
from apps.campaigns.selectors.eligibility import clean_eligibility
from apps.campaigns.services.recurrence import weekday_in_words, zone
from apps.core.errors import Invalid
from apps.core.numbers import whole
from apps.groups.models import Group
from apps.members.enums import Lifecycle
from apps.members.models import Tag, Tier

_UNITS = {"day": 24 * 60, "hour": 60, "minute": 1}
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
#: Shown first in the list of zones; any other may be typed.
COMMON_ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "UTC")


class _WallTimeField(forms.DateTimeField):
    """A wall-clock time, naive: the campaign's own zone is put on it later."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        return timezone.make_naive(moment) if moment and timezone.is_aware(moment) else moment


class CampaignForm(forms.ModelForm):
    """Choices are limited to what ``user`` may see (S1), plus what the campaign already names."""

    starts_at = _WallTimeField(label=_("首期开始"), required=False)
    repeat_until = _WallTimeField(label=_("重复到"), required=False)
    at_time = forms.TimeField(
        label=_("每期几点开始"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    weekdays = forms.TypedMultipleChoiceField(label=_("星期几"), coerce=int, required=False)
    month_days = forms.CharField(
        label=_("几号"), required=False, max_length=100, help_text=_("例如 18；一个月几次写成 8, 18, 28。")
    )
    duration_value = forms.IntegerField(label=_("每期多久"), min_value=1, max_value=366 * 24 * 60)
    duration_unit = forms.ChoiceField(
        label=_("时长单位"), choices=[("day", _("天")), ("hour", _("小时")), ("minute", _("分钟"))]
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("活动社群"), queryset=Group.objects.none(), required=False
    )
    tags = forms.ModelMultipleChoiceField(label=_("标签"), queryset=Tag.objects.all(), required=False)
    tiers = forms.ModelMultipleChoiceField(label=_("会员等级"), queryset=Tier.objects.all(), required=False)
    lifecycles = forms.MultipleChoiceField(label=_("生命周期"), choices=Lifecycle.choices, required=False)
    is_new_only = forms.BooleanField(label=_("只限新成员发起"), required=False)
    only_groups = forms.BooleanField(label=_("只限活动社群里的成员"), required=False)

    class Meta:
        model = Campaign
        fields = [
            "title",
            "headline",
            "intro",
            "product_name",
            "mini_program_path",
            "team",
            "stock",
            "budget",
            "expected_entries",
            "entries_per_member",
            "contributions_per_member",
            "holdout_percent",
            "repeat",
            "timezone",
            "warn_minutes",
            "drafts_posts",
        ]
        widgets = {"intro": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campaign: Campaign = self.instance
        chosen = campaign.groups.values("pk") if campaign.pk else Group.objects.none().values("pk")
        seen = Group.objects.visible_to(user).values("pk")
        self._rows("groups", Group.objects.filter(Q(pk__in=seen) | Q(pk__in=chosen)).order_by("name", "id"))
        # By ids: united with `|`, the join would bring a team once for each of its people.
        teams = Team.objects.filter(
            Q(pk__in=assignable_teams(user).values("pk")) | Q(pk=campaign.team_id or 0)
        )
        self._rows("team", teams.order_by("name"))
        self.fields["team"].required = not user.has_perm("accounts.view_all_teams")
        self.fields["holdout_percent"].required = False
        self.fields["weekdays"].choices = [(day, weekday_in_words(day)) for day in range(7)]  # type: ignore[attr-defined]
        self.fields["repeat"].widget = forms.RadioSelect()
        self.fields["repeat"].choices = Campaign._meta.get_field("repeat").choices  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.NumberInput):
                # A number box sends nothing for what it cannot read, and what was typed would be lost.
                mode = "decimal" if isinstance(field, forms.DecimalField) else "numeric"
                field.widget = forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})
            if not isinstance(field.widget, forms.CheckboxInput):
                kind = "ca-select" if isinstance(field.widget, forms.Select) else "ca-input"
                field.widget.attrs |= {"class": kind, "data-testid": name}
        if not self.is_bound:
            self.initial.update(_initial(campaign))

    def _rows(self, name: str, rows: Any) -> None:
        self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean_month_days(self) -> list[int]:
        tokens = [token for token in re.split(r"[\s,，、]+", self.cleaned_data["month_days"]) if token]
        days = {whole(token, at_least=1, at_most=31) for token in tokens}
        if None in days:
            raise forms.ValidationError(_("请填 1 到 31 的日期，例如 18，或 8, 18, 28。"))
        return sorted(day for day in days if day is not None)

    def clean_holdout_percent(self) -> int:
        """Nobody is held out unless somebody says so."""
        return self.cleaned_data["holdout_percent"] or 0

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"].strip()
        try:
            zone(name)
        except Invalid as error:
            raise forms.ValidationError(str(error)) from error
        return name

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in ("starts_at", "repeat_until"):
            moment = values.get(name)
            if moment is not None and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
                self.add_error(name, _("年份要在 2000 到 2099 之间，请检查日期。"))
            elif moment is not None and values.get("timezone"):
                values[name] = moment.replace(tzinfo=zone(values["timezone"]))
        if "duration_value" in values and "duration_unit" in values:
            minutes = values["duration_value"] * _UNITS[values["duration_unit"]]
            if minutes > 366 * 24 * 60:
                self.add_error("duration_value", _("每期最长一年。"))
            values["duration_minutes"] = minutes
        until, start = values.get("repeat_until"), values.get("starts_at")
        if until and start and until.tzinfo and start.tzinfo and until < start:
            self.add_error("repeat_until", _("“重复到”要晚于首期开始。"))
        return values

    def written(self) -> tuple[dict[str, Any], list[Group]]:
        """What ``write_campaign`` takes but rules and risk: values and groups. Only after ``is_valid()``."""
        data = self.cleaned_data
        names = [*self.Meta.fields, "starts_at", "repeat_until", "at_time", "weekdays", "month_days"]
        groups = list(data["groups"])
        eligibility = clean_eligibility(
            {
                "tags": [tag.pk for tag in data["tags"]],
                "tiers": [tier.pk for tier in data["tiers"]],
                "groups": [group.pk for group in groups] if data["only_groups"] else [],
                "lifecycles": data["lifecycles"],
                "is_new_only": data["is_new_only"],
            }
        )
        values = {name: data[name] for name in names} | {
            "duration_minutes": data["duration_minutes"],
            "eligibility": eligibility,
        }
        return values, groups


def _initial(campaign: Campaign) -> dict[str, Any]:
    who = clean_eligibility(campaign.eligibility or {})
    unit = next(name for name, minutes in _UNITS.items() if campaign.duration_minutes % minutes == 0)
    return {
        "starts_at": _wall(campaign.starts_at, campaign.timezone),
        "repeat_until": _wall(campaign.repeat_until, campaign.timezone),
        "at_time": campaign.at_time or (None if campaign.pk else time(20)),
        "weekdays": campaign.weekdays,
        "month_days": ", ".join(map(str, campaign.month_days)),
        "duration_value": campaign.duration_minutes // _UNITS[unit],
        "duration_unit": unit,
        "groups": list(campaign.groups.values_list("pk", flat=True)) if campaign.pk else [],
        "tags": who["tags"],
        "tiers": who["tiers"],
        "lifecycles": who["lifecycles"],
        "is_new_only": who["is_new_only"],
        "only_groups": bool(who["groups"]),
    }


def _wall(moment: datetime | None, name: str) -> datetime | None:
    return moment.astimezone(zone(name)).replace(tzinfo=None) if moment else None
