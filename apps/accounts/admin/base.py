"""The bases of every room's admin: scoped by team (S1), paged without exact counts."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib import messages
from django.contrib.admin.widgets import AutocompleteMixin
from django.db import IntegrityError, models
from django.db.models import Q, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from apps.accounts.admin.paginator import EstimatedPaginator
from apps.accounts.models import Team
from apps.accounts.selectors.teams import assignable_teams
from apps.core.errors import DomainError
from apps.core.models import ScopedQuerySet
from apps.core.numbers import whole

_LONGEST_ID = 18

type Message = str | Promise | Callable[[Any], str | Promise]


def run_service[T](request: HttpRequest, call: Callable[[], T], *, success: Message = "") -> T | None:
    """Call a service; a ``DomainError`` becomes ``messages.error`` and the result is ``None``.

    ``success`` is shown after a call that went through: a sentence, or a callable from the result to one.
    """
    try:
        result = call()
    except DomainError as error:
        messages.error(request, str(error))
        return None
    text = str(success(result) if callable(success) else success)
    if text:
        messages.success(request, str(text))
    return result


def visible(queryset: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """``queryset`` narrowed to what the request's user may see; unscoped models pass unchanged (S1)."""
    return queryset.visible_to(request.user) if isinstance(queryset, ScopedQuerySet) else queryset  # type: ignore[arg-type]


class _ByNumber:
    """Django asks the database for whatever a form or an address names as chosen: only numbers are asked for."""

    def optgroups(self, name: str, value: list[Any], attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if whole(one) is not None], attr)  # type: ignore[misc]


@cache
def _numbered(kind: type[Any]) -> type[Any]:
    return type(kind.__name__, (_ByNumber, kind), {})


def _by_number[F: ModelChoiceField | None](field: F) -> F:
    if field is not None and isinstance(field.widget, AutocompleteMixin):
        kind: Any = type(field.widget)
        field.widget.__class__ = _numbered(kind)
    return field


class ScopedChoicesMixin:
    """Foreign-key and many-to-many choices are limited to visible rows, and teams to one's own (S1).

    What the edited object already points to stays a valid choice, so that saving a form whose other fields
    were changed cannot fail, or silently empty a field, because a colleague of another team is named in it.
    """

    model: type[models.Model]

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        kwargs["queryset"] = self._choices(db_field, request, kwargs.get("queryset"))
        return _by_number(super().formfield_for_foreignkey(db_field, request, **kwargs))  # type: ignore[misc]

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        kwargs["queryset"] = self._choices(db_field, request, kwargs.get("queryset"))
        return _by_number(super().formfield_for_manytomany(db_field, request, **kwargs))  # type: ignore[misc]

    def _choices(self, db_field: Any, request: HttpRequest, given: QuerySet[Any] | None) -> QuerySet[Any]:
        rows = given if given is not None else db_field.remote_field.model._default_manager.all()
        if not isinstance(rows, ScopedQuerySet):
            return rows
        user: Any = request.user
        choosable = assignable_teams(user) if rows.model is Team else rows.visible_to(user)
        allowed = Q(pk__in=choosable.order_by().values("pk"))
        match = request.resolver_match
        edited = match.kwargs.get("object_id") if match else None
        if db_field.model is self.model and whole(edited) is not None:
            current = self.model._base_manager.filter(pk=edited).values(db_field.name)
            allowed |= Q(pk__in=current)
        return rows.filter(allowed)


class ScopedModelAdmin(ScopedChoicesMixin, ModelAdmin):
    """A ModelAdmin that shows only rows that the user may see (S1), 25 a page, with cheap counts."""

    list_per_page = 25
    show_full_result_count = False
    paginator = EstimatedPaginator
    list_filter_submit = True
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A number longer than any row's is no row's: Python would not even read it. Two who save the same at once are
        told as if the one had come later."""
        if object_id is not None and object_id.isdecimal() and whole(object_id) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id[:_LONGEST_ID])
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            if request.method != "POST":
                raise
            # A second click, or a colleague, was first after the form had been judged: now it finds their row, and
            # says so beside the field.
            return super().changeform_view(request, object_id, form_url, extra_context)


class ReadOnlyModelAdmin(ScopedModelAdmin):
    """For ledgers, events, deliveries and audit: looked at, never changed by hand."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _ScopedInlineMixin(ScopedChoicesMixin):
    extra = 0
    per_page = 25

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request)  # type: ignore[misc]


class ScopedTabularInline(_ScopedInlineMixin, TabularInline):
    """Related rows under a parent, narrowed like a list of their own (S1), 25 a page."""


class ScopedStackedInline(_ScopedInlineMixin, StackedInline):
    """As ``ScopedTabularInline``, one card a row."""
