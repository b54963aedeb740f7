"""Filters that offer only what the user may see (S1)."""

from typing import Any

from django.http import HttpRequest
from unfold.contrib.filters.admin import MultipleRelatedDropdownFilter, RelatedDropdownFilter

from apps.core.models import ScopedQuerySet


class _ScopedChoices:
    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        rows = field.remote_field.model._default_manager.all()
        if isinstance(rows, ScopedQuerySet):
            rows = rows.visible_to(request.user)  # type: ignore[arg-type]
        return [(row.pk, str(row)) for row in rows]


class ScopedRelatedFilter(_ScopedChoices, RelatedDropdownFilter):
    """For foreign keys to small tables (teams, staff, channels)."""


class ScopedMultipleRelatedFilter(_ScopedChoices, MultipleRelatedDropdownFilter):
    """As ``ScopedRelatedFilter``, several at once."""
