"""The tabs of a member's page."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.accounts.admin.base import ScopedTabularInline
from apps.core.phones import mask_digits
from apps.members.enums import way_words
from apps.members.models import (
    Consent,
    Identity,
    Member,
    MemberSession,
    MembershipEntry,
    MemberTag,
    PointsEntry,
)


class _ReadOnlyTab(ScopedTabularInline):
    tab = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TagInline(ScopedTabularInline):
    model = MemberTag
    tab = True
    fields = ["tag"]
    autocomplete_fields = ["tag"]
    ordering = ["id"]
    verbose_name_plural = _("标签")

    def get_queryset(self, request: HttpRequest) -> QuerySet[MemberTag]:
        return super().get_queryset(request).select_related("tag")


class PointsInline(_ReadOnlyTab):
    model = PointsEntry
    fields = ["at", "delta", "reason", "note"]
    readonly_fields = fields
    ordering = ["-id"]
    verbose_name_plural = _("积分流水")


class MembershipInline(_ReadOnlyTab):
    model = MembershipEntry
    fields = ["at", "days", "until", "note"]
    readonly_fields = fields
    ordering = ["-id"]
    verbose_name_plural = _("会员天数流水")


class InviteeInline(_ReadOnlyTab):
    model = Member
    fk_name = "inviter"
    fields = ["nickname", "phone_shown", "joined_at", "lifecycle"]
    readonly_fields = fields
    ordering = ["-id"]
    show_change_link = True
    verbose_name_plural = _("邀请的人")

    @display(description=_("手机号"))
    def phone_shown(self, member: Member) -> str:
        return member.masked_phone


class IdentityInline(_ReadOnlyTab):
    model = Identity
    fields = ["kind", "value_shown", "created_at"]
    ordering = ["id"]
    readonly_fields = fields
    verbose_name_plural = _("平台账号")

    @display(description=_("账号"))
    def value_shown(self, identity: Identity) -> str:
        return mask_digits(identity.value)


class SessionInline(_ReadOnlyTab):
    model = MemberSession
    fields = ["way", "opened_by", "created_at", "last_seen_at", "expires_at", "revoked_at"]
    readonly_fields = fields
    ordering = ["-id"]
    verbose_name_plural = _("登录令牌")

    @display(description=_("来源"))
    def way(self, session: MemberSession) -> str:
        return way_words(session.label)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MemberSession]:
        return super().get_queryset(request).select_related("opened_by")


class ConsentInline(_ReadOnlyTab):
    model = Consent
    fields = ["version", "way", "at"]
    readonly_fields = fields
    ordering = ["-id"]
    verbose_name_plural = _("同意记录")

    @display(description=_("来源"))
    def way(self, consent: Consent) -> str:
        return way_words(consent.source)
