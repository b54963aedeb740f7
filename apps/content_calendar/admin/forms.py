"""The editor's form."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.channels.enums import Platform
from apps.content_calendar.models import Material, Post
from apps.content_calendar.selectors.audience import FILTER_COLUMNS, clean_filter
from apps.content_calendar.selectors.wall_clock import plannable
from apps.core.errors import DomainError
from apps.groups.enums import GroupKind, GroupStage
from apps.groups.models import Group


class PostForm(forms.ModelForm):
    """Everything a person may write about a post. Choices are limited to what ``user`` may see (S1), plus what
    the post already names."""

    filter_kind = forms.MultipleChoiceField(label=_("类型"), choices=GroupKind.choices, required=False)
    filter_platform = forms.MultipleChoiceField(label=_("平台"), choices=Platform.choices, required=False)
    filter_stage = forms.MultipleChoiceField(
        label=_("阶段"),
        choices=[(value, label) for value, label in GroupStage.choices if value != GroupStage.CLOSED],
        required=False,
    )
    filter_team = forms.MultipleChoiceField(label=_("团队"), required=False)
    link_url = forms.URLField(label=_("链接地址"), max_length=500, required=False, assume_scheme="https")
    groups = forms.ModelMultipleChoiceField(label=_("社群"), queryset=Group.objects.none(), required=False)

    class Meta:
        model = Post
        fields = [
            "title",
            "kind",
            "body",
            "image",
            "link_title",
            "link_url",
            "selection",
            "groups",
            "scheduled_at",
            "is_group_time",
            "cutoff_minutes",
            "team",
        ]
        widgets = {
            "scheduled_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        post = self.instance
        if post.pk is None:
            post.author = user
        chosen = post.groups.values("pk") if post.pk else Group.objects.none().values("pk")
        visible = Group.objects.visible_to(user).values("pk")
        self.fields["groups"].queryset = Group.objects.filter(Q(pk__in=visible) | Q(pk__in=chosen))  # type: ignore[attr-defined]
        pictures = Q(pk__in=Material.objects.visible_to(user).values("pk")) | Q(pk=post.image_id)
        self.fields["image"].queryset = Material.objects.filter(pictures)  # type: ignore[attr-defined]
        teams = Team.objects.all()
        if not user.has_perm("accounts.view_all_teams"):
            teams = teams.filter(pk__in=user.teams.values("pk"))
        self.fields["team"].queryset = teams | Team.objects.filter(pk=post.team_id)  # type: ignore[attr-defined]
        self.fields["filter_team"].choices = [(str(team.pk), team.name) for team in teams]  # type: ignore[attr-defined]
        self.fields["title"].required = False
        if not self.is_bound:
            for key in FILTER_COLUMNS:
                self.initial[f"filter_{key}"] = [str(v) for v in (post.group_filter or {}).get(key, [])]

    def clean_scheduled_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["scheduled_at"]
        try:
            return moment and plannable(moment)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_cutoff_minutes(self) -> int:
        """Refused here, not only by the model: what a field refuses stays out of the instance that is previewed."""
        minutes: int = self.cleaned_data["cutoff_minutes"]
        for validate in Post._meta.get_field("cutoff_minutes").validators:
            validate(minutes)
        return minutes

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not values.get("title", "").strip():
            words = (values.get("body") or values.get("link_title") or "").strip().splitlines()
            values["title"] = words[0][:30] if words else str(_("未命名帖子"))
        self.instance.group_filter = values["group_filter"] = clean_filter(
            {key: values.get(f"filter_{key}", []) for key in FILTER_COLUMNS}
        )
        return values

    def written(self) -> tuple[dict[str, Any], list[Group]]:
        """What ``write_post`` takes: values and groups. Only after ``is_valid()``."""
        names = [name for name in self.Meta.fields if name != "groups"]
        values = {name: self.cleaned_data[name] for name in names}
        return values | {"group_filter": self.cleaned_data["group_filter"]}, list(self.cleaned_data["groups"])
