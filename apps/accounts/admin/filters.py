"""Filters that offer only what the user may see (S1)."""

from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.timezone import make_aware
from unfold.contrib.filters.admin import (
    MultipleRelatedDropdownFilter,
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)

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


class DayRangeFilter(RangeDateTimeFilter):
    """From one day to another, both whole where no time of day is given, in the reader's time zone.

    Its parent does nothing without a time of day, and compares moments that have no time zone.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        found = {
            f"{self.parameter_name}__gte": self._moment("from", "00:00:00"),
            f"{self.parameter_name}__lte": self._moment("to", "23:59:59.999999"),
        }
        return queryset.filter(**{lookup: moment for lookup, moment in found.items() if moment is not None})

    def _moment(self, end: str, time: str) -> datetime | None:
        """None for what is not there, or is no moment."""
        day, given = (self.used_parameters.get(f"{self.parameter_name}_{end}_{part}") for part in (0, 1))
        try:
            found = parse_datetime(f"{day} {given or time}") if day else None
        except ValueError:
            return None
        return found if found is None or found.tzinfo else make_aware(found)
