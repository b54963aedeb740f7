"""An admin site that uses every part of Unfold that we installed, so that each shows its words."""

from typing import ClassVar

from django import forms
from django.contrib.auth.models import Group as Role
from django.urls import include, path
from import_export import fields, resources, widgets
from import_export.admin import ImportExportModelAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesCheckboxFilter,
    FieldTextFilter,
    MultipleRelatedDropdownFilter,
    RangeDateTimeFilter,
    RangeNumericFilter,
    RelatedDropdownFilter,
    SingleNumericFilter,
)
from unfold.contrib.forms.widgets import ArrayWidget, WysiwygWidget
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.sites import UnfoldAdminSite

from apps.accounts.models import Team, User
from apps.content_calendar.models import Material
from apps.groups.models import Group
from apps.members.models import Identity, Member, Tag


class IdentitiesInline(TabularInline):
    model = Identity
    extra = 1
    tab = True


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ("name", "note")
        widgets: ClassVar = {"name": ArrayWidget, "note": WysiwygWidget}


class TeamResource(resources.ModelResource):
    id = fields.Field("id", "编号", widget=widgets.IntegerWidget())
    name = fields.Field("name", "团队")
    note = fields.Field("note", "备注")

    class Meta:
        model = Team
        fields = ("id", "name", "note")


class TeamAdmin(ModelAdmin, ImportExportModelAdmin):
    resource_classes: ClassVar = [TeamResource]
    import_form_class = ImportForm
    export_form_class = ExportForm
    search_fields: ClassVar = ["name"]
    list_filter: ClassVar = [("created_at", RangeDateTimeFilter), ("name", FieldTextFilter)]
    form = TeamForm


class MemberAdmin(ModelAdmin):
    search_fields: ClassVar = ["nickname"]
    list_display: ClassVar = ["nickname", "phone", "points_balance"]
    list_filter: ClassVar = [
        ("tags", MultipleRelatedDropdownFilter),
        ("lifecycle", ChoicesCheckboxFilter),
        ("points_balance", RangeNumericFilter),
        ("total_spent", SingleNumericFilter),
        ("joined_at", RangeDateTimeFilter),
        ("inviter", AutocompleteSelectFilter),
    ]
    list_filter_submit = True
    date_hierarchy = "created_at"
    autocomplete_fields: ClassVar = ["inviter"]
    inlines: ClassVar = [IdentitiesInline]
    warn_unsaved_form = True


class UserAdmin(ModelAdmin):
    search_fields: ClassVar = ["username"]
    list_display: ClassVar = ["username", "is_active"]
    list_filter: ClassVar = [("is_active", BooleanRadioFilter), ("teams", RelatedDropdownFilter)]
    fields: ClassVar = ["username", "is_active", "teams", "last_login"]
    filter_horizontal: ClassVar = ["teams"]


class SearchableAdmin(ModelAdmin):
    search_fields: ClassVar = ["name"]


site = UnfoldAdminSite(name="admin")
site.register(Team, TeamAdmin)
site.register(Member, MemberAdmin)
site.register(User, UserAdmin)
for model in (Tag, Group, Material, Role):
    site.register(model, SearchableAdmin)


class urls:  # noqa: N801 - stands where Django expects a module
    urlpatterns: ClassVar = [
        path("i18n/", include("django.conf.urls.i18n")),
        path("admin/", site.urls),
    ]
