"""What operators look for in a list of groups."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.channels.enums import ChannelState
from apps.groups.models import Group


class FullnessFilter(admin.SimpleListFilter):
    title = _("满员程度")
    parameter_name = "fullness"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("full", _("已满")), ("nearly", _("九成以上")), ("empty", _("没有成员"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> QuerySet[Group]:
        match self.value():
            case "full":
                return queryset.filter(member_count__gte=F("capacity"))
            case "nearly":
                return queryset.filter(member_count__gte=F("capacity") * 0.9)
            case "empty":
                return queryset.filter(member_count=0)
        return queryset


class ChannelHealthFilter(admin.SimpleListFilter):
    title = _("通道情况")
    parameter_name = "reach"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("ok", _("正常")),
            ("none", _("没有通道")),
            ("broken", _("通道暂停或失效")),
            ("manual", _("人工发送")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> QuerySet[Group]:
        broken = Q(channel__state__in=[ChannelState.PAUSED, ChannelState.DISABLED])
        match self.value():
            case "ok":
                return queryset.filter(channel__state=ChannelState.ACTIVE)
            case "none":
                return queryset.filter(channel__isnull=True)
            case "broken":
                return queryset.filter(broken)
            case "manual":
                return queryset.filter(channel__driver="manual")
        return queryset
