"""礼品发放: where every gift is, and what a person does to one that does not go by itself."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    MultipleChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import action, display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin import warehouse_pages
from apps.campaigns.admin.entry import found_by_any, members_found
from apps.campaigns.admin.grant_steps import GrantSteps
from apps.campaigns.admin.pages import staff
from apps.campaigns.admin.run_pages import GRANT_COLOURS
from apps.campaigns.models import Grant
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.services.granting.addresses import address_of
from apps.campaigns.services.granting.by_staff import (
    fund_by_staff,
    retry_by_staff,
)
from apps.campaigns.services.granting.holding import release_held
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.numbers import whole

_MOST_AT_ONCE = 500


@admin.register(Grant)
class GrantAdmin(GrantSteps, ReadOnlyModelAdmin):
    list_display = ["created_at", "card", "person", "run_link", "state_label", "money", "short_reason"]
    list_filter = [
        ("state", MultipleChoicesDropdownFilter),
        ("kind", MultipleChoicesDropdownFilter),
        ("run__campaign", ScopedRelatedFilter),
        ("benefit", ScopedRelatedFilter),
        ("run__campaign__team", ScopedRelatedFilter),
        ("created_at", RangeDateTimeFilter),
    ]
    search_fields = ["entry__code"]
    search_help_text = _("发放编号、参与单编号、快递单号，成员的昵称或手机号")
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    actions = ["release_selected", "fund_selected", "retry_selected"]
    actions_list = ["warehouse_out", "warehouse_in"]
    actions_detail = [
        "fill_address",
        "ship",
        "ask_again",
        "received",
        "release",
        "fund",
        "retry",
        "paid",
        "unpaid",
        "reveal",
        "void",
    ]
    compressed_fields = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("benefit", "state_text"),
                    ("member_link", "entry_link"),
                    ("quantity", "slot_text"),
                    ("cost", "face_value"),
                    ("created_at", "issued_at"),
                    "reason",
                ]
            },
        ),
        (
            _("寄送"),
            {"fields": ["masked_address", ("shipping_company", "shipping_number"), "shipped_at"]},
        ),
        (_("通道"), {"fields": [("provider_no", "attempts"), "next_at"]}),
    ]
    readonly_fields = [
        "state_text",
        "slot_text",
        "member_link",
        "entry_link",
        "masked_address",
        "created_at",
    ]

    class Media:
        css = {"all": ["campaigns/campaigns.css", "campaigns/runs.css"]}

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("warehouse/", warehouse_pages.export_view, "warehouse"),
            ("shipped/", warehouse_pages.import_view, "shipped"),
        ]
        wrap = self.admin_site.admin_view
        own = [
            path(route, wrap(self._bound(view)), name=f"campaigns_grant_{name}")
            for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def _bound(self, view: Any) -> Any:
        def call(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return view(self, request, **kwargs)

        return call

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        rows: QuerySet[Grant] = super().get_queryset(request)
        return rows.select_related("benefit", "member", "entry", "run__campaign")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Grant], search_term: str
    ) -> tuple[QuerySet[Grant], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        ways = [
            Q(entry__code=term),
            Q(shipping_number=term) & ~Q(shipping_number=""),
            Q(member__in=members_found(request, term)),
        ]
        number = whole(term.lstrip("#"))
        if number is not None:
            ways.append(Q(pk=number))
        return found_by_any(queryset, *ways), False

    # --- columns

    @display(description=_("礼品"), header=True)
    def card(self, grant: Grant) -> list[str]:
        return [str(grant.benefit), f"#{grant.pk} · {grant.get_kind_display()} × {grant.quantity}"]

    @display(description=_("成员"))
    def person(self, grant: Grant) -> str:
        return str(grant.member)

    @display(description=_("活动期"))
    def run_link(self, grant: Grant) -> SafeString:
        return format_html('<a class="portal-link" href="{}">{}</a>', grant.run.get_absolute_url(), grant.run)

    @display(description=_("状态"), label=GRANT_COLOURS)
    def state_label(self, grant: Grant) -> tuple[str, str]:
        return grant.state, grant.get_state_display()

    @display(description=_("状态"))
    def state_text(self, grant: Grant) -> str:
        return grant.get_state_display()

    @display(description=_("给谁"))
    def slot_text(self, grant: Grant) -> str:
        """The place's name in the mechanic's words."""
        plan = plan_of(grant.run_id, grant.run.revision)
        labels = {slot.key: str(slot.label) for slot in plan.mechanic.slots(plan.rules)}
        return labels.get(grant.slot, grant.slot)

    @display(description=_("成本"))
    def money(self, grant: Grant) -> str:
        return f"¥{grant.cost:,.2f}"

    @display(description=_("原因"))
    def short_reason(self, grant: Grant) -> str:
        return f"{grant.reason[:30]}…" if len(grant.reason) > 30 else grant.reason

    @display(description=_("成员"))
    def member_link(self, grant: Grant) -> SafeString:
        url = reverse("admin:members_member_change", args=[grant.member_id])
        return format_html('<a class="portal-link" href="{}">{}</a>', url, grant.member)

    @display(description=_("参与单"))
    def entry_link(self, grant: Grant) -> SafeString:
        url = reverse("admin:campaigns_entry_change", args=[grant.entry_id])
        return format_html('<a class="portal-link" href="{}">{}</a>', url, grant.entry)

    @display(description=_("收货地址"))
    def masked_address(self, grant: Grant) -> str:
        """Masked (M3); in full with permission and a reason."""
        found = address_of(grant)
        return found.masked if found else "—"

    # --- many grants

    @action(description=_("放行"), permissions=["release"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        self._each(request, queryset, release_held, _("已放行 %(count)d 份。"))

    @action(description=_("补发"), permissions=["fund"])
    def fund_selected(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        self._each(request, queryset, fund_by_staff, _("已补发 %(count)d 份。"))

    @action(description=_("重试"), permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        self._each(request, queryset, retry_by_staff, _("已重试 %(count)d 份。"))

    @action(description=_("导出发货单"), url_path="to-warehouse", icon="upload_file", permissions=["ship"])
    def warehouse_out(self, request: HttpRequest) -> HttpResponse:
        return _to(request, "admin:campaigns_grant_warehouse")

    @action(description=_("导入快递单号"), url_path="to-shipped", icon="download", permissions=["ship"])
    def warehouse_in(self, request: HttpRequest) -> HttpResponse:
        return _to(request, "admin:campaigns_grant_shipped")

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Grant], service: Callable[..., Any], done: Any
    ) -> None:
        """One service call each, oldest first; what is refused is said once per reason, the others go through."""
        now, count = database_now(), 0
        refused: dict[str, int] = {}
        for grant in queryset.order_by("pk")[:_MOST_AT_ONCE]:
            try:
                service(grant=grant, actor=staff(request), now=now)
            except DomainError as error:
                refused[str(error)] = refused.get(str(error), 0) + 1
            else:
                count += 1
        for text, times in list(refused.items())[:5]:
            messages.error(request, _t("%(count)d 份没有成功：%(why)s") % {"count": times, "why": text})
        if count:
            messages.success(request, str(done) % {"count": count})


def _to(request: HttpRequest, name: str) -> HttpResponse:
    query = request.GET.urlencode()
    return redirect(reverse(name) + (f"?{query}" if query else ""))
