"""Filters of the member list; each is one indexed condition."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, MultipleDropdownFilter

from apps.core.numbers import wholes
from apps.members.models import Member, MemberTag, Tag
from apps.members.selectors.search import distinct_values


class TagFilter(MultipleDropdownFilter):
    """Members with any of the tags. EXISTS, not a join: no duplicates, and the list's order is kept."""

    title = _("标签")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Tag.objects.values_list("pk", "name")[:500]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        chosen = wholes(self.value() or [])
        if not chosen:
            return queryset
        return queryset.filter(Exists(MemberTag.objects.filter(member=OuterRef("pk"), tag_id__in=chosen)))


class _ValueFilter(DropdownFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value) for value in distinct_values(self.parameter_name)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class CityFilter(_ValueFilter):
    title = _("城市")
    parameter_name = "city"


class SourceFilter(_ValueFilter):
    title = _("来源渠道")
    parameter_name = "source"
