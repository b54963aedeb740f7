"""用户: staff accounts, their roles and teams."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group as AuthGroup
from django.db.models import QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.accounts.admin.base import ScopedModelAdmin
from apps.accounts.admin.filters import ScopedMultipleRelatedFilter
from apps.accounts.admin.roles import role_label
from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.core.sentences import listed


class RolesField(ModelMultipleChoiceField):
    """The shipped roles by their Chinese names."""

    def label_from_instance(self, obj: Any) -> str:
        return role_label(obj)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ScopedModelAdmin):  # type: ignore[misc]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["person", "roles", "team_names", "is_active", "last_login"]
    list_filter = [
        "is_active",
        ("groups", ScopedMultipleRelatedFilter),
        ("teams", ScopedMultipleRelatedFilter),
    ]
    search_fields = ["username", "display_name", "email"]
    ordering = ["username"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password", "display_name", "email", "is_active"]}),
        (
            _("角色与团队"),
            {
                "fields": ["groups", "teams"],
                "description": _("角色决定能做什么，团队决定看得到哪些社群和成员。"),
            },
        ),
        (_("登录"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "display_name", "password1", "password2"]}),
        (_("角色与团队"), {"fields": ["groups", "teams"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups", "teams")

    @display(description=_("用户"), header=True, ordering="username")
    def person(self, user: User) -> list[str]:
        name = user.display_name or user.username
        return [name, user.username, name[:1]]

    @display(description=_("角色"), label=True)
    def roles(self, user: User) -> list[str]:
        names = [role_label(group) for group in user.groups.all()]
        return [str(_("超级管理员")), *names] if user.is_superuser else names

    @display(description=_("团队"))
    def team_names(self, user: User) -> str:
        return listed(user.teams.all())

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            return RolesField(
                AuthGroup.objects.order_by("pk"),
                label=_("角色"),
                required=False,
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
            )
        if db_field.name == "teams":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_reachable(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are switched off, not deleted: their deeds stay in the audit trail."""
        return False

    @staticmethod
    def _is_reachable(request: HttpRequest, obj: User | None) -> bool:
        """Only a superuser edits a superuser: else a password reset would be a way up."""
        return obj is None or not obj.is_superuser or bool(request.user.is_superuser)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        if obj is not None and obj.pk == request.user.pk:
            fields.append("is_active")  # nobody locks themselves out
        return fields

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True  # accounts here are staff by definition; members live elsewhere
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        audit(
            actor=request.user,  # type: ignore[arg-type]
            action="user.change" if change else "user.create",
            target=form.instance,
            fields=sorted(form.changed_data),
            roles=sorted(form.instance.groups.values_list("name", flat=True)),
            teams=sorted(form.instance.teams.values_list("name", flat=True)),
        )
