"""黑名单: added with a reason, lifted with a reason."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.accounts.admin.base import ScopedModelAdmin, run_service
from apps.campaigns.admin.pages import need, show, staff
from apps.campaigns.models import BlockedMember
from apps.campaigns.services.risk.blocking import LONGEST, block_member, unblock_member
from apps.campaigns.services.risk.reviewing import REVIEW
from apps.core.clock import database_now
from apps.core.errors import DomainError


class BlockForm(forms.ModelForm):
    """Validates through the service's own rules; ``save`` is the service."""

    class Meta:
        model = BlockedMember
        fields = ["member", "reason"]
        widgets = {"reason": UnfoldAdminTextInputWidget(attrs={"maxlength": LONGEST})}


@admin.register(BlockedMember)
class BlockedMemberAdmin(ScopedModelAdmin):
    """Who may not act in campaigns. A row is not edited: lift it, and block again with the right reason."""

    form = BlockForm
    list_display = ["member", "reason", "blocked_by", "created_at"]
    list_select_related = ["member", "blocked_by"]
    search_fields = ["member__nickname", "reason"]
    autocomplete_fields = ["member"]
    ordering = ["-id"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff(request).has_perm(REVIEW)

    def has_change_permission(self, request: HttpRequest, obj: BlockedMember | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BlockedMember | None = None) -> bool:
        return staff(request).has_perm(REVIEW)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> BlockedMember:
        return form.save(commit=False)

    def save_model(self, request: HttpRequest, obj: BlockedMember, form: Any, change: bool) -> None:
        row = block_member(member=obj.member, reason=obj.reason, actor=staff(request), now=database_now())
        obj.pk = row.pk

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except DomainError as error:
            self.message_user(request, str(error), level="ERROR")
            return redirect("admin:campaigns_blockedmember_add")

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Asks for the reason; POST lifts."""
        need(request, "review_flag")
        blocked = self.get_object(request, object_id)
        if blocked is None:
            return redirect("admin:campaigns_blockedmember_changelist")
        if request.method == "POST":
            lifted = run_service(
                request,
                lambda: (
                    unblock_member(
                        blocked=blocked,
                        reason=request.POST.get("reason", ""),
                        actor=staff(request),
                        now=database_now(),
                    )
                    or True
                ),
                success=_("已移出黑名单，马上就能参加活动。"),
            )
            if lifted:
                return redirect("admin:campaigns_blockedmember_changelist")
        return show(self, request, "unblock.html", title=_("移出黑名单"), blocked=blocked, longest=LONGEST)
