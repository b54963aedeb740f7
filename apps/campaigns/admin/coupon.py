"""优惠券: the list, read-only, and the way to 核销."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, MultipleChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from apps.accounts.admin.base import ReadOnlyModelAdmin, run_service
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin import write_off_pages
from apps.campaigns.admin.entry import found_by_any, members_found
from apps.campaigns.admin.grant_dialogs import ReasonForm
from apps.campaigns.admin.pages import staff
from apps.campaigns.enums import CouponState
from apps.campaigns.models import Coupon
from apps.campaigns.selectors.coupon_words import terms_in_words
from apps.campaigns.services.coupons.finding import canonical_code
from apps.campaigns.services.coupons.returning import return_coupon
from apps.campaigns.services.coupons.writing_off import WRITE_OFF
from apps.core.clock import database_now

_COLOURS = {CouponState.ACTIVE: "info", CouponState.USED: "success", CouponState.EXPIRED: "warning"}


class UsableFilter(DropdownFilter):
    """Those that somebody may still use: their state follows their end only a little later."""

    title = _("还能用")
    parameter_name = "usable"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("还能用"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Coupon]) -> QuerySet[Coupon]:
        if self.value() != "yes":
            return queryset
        in_time = Q(valid_until__isnull=True) | Q(valid_until__gt=database_now())
        return queryset.filter(in_time, state=CouponState.ACTIVE)


@admin.register(Coupon)
class CouponAdmin(ReadOnlyModelAdmin):
    """Codes are worth money: shown masked, found by the whole code."""

    list_display = [
        "masked",
        "benefit",
        "person",
        "state_label",
        "terms",
        "valid_until",
        "used_at",
        "saved_amount",
    ]
    list_filter = [
        ("state", MultipleChoicesDropdownFilter),
        UsableFilter,
        ("benefit", ScopedRelatedFilter),
        ("benefit__team", ScopedRelatedFilter),
        ("used_at", RangeDateTimeFilter),
    ]
    list_select_related = ["benefit", "member"]
    search_fields = ["code"]
    search_help_text = _("完整的券码、批次名称，成员的昵称或手机号")
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    actions_detail = ["take_back"]
    compressed_fields = True
    fields = [
        ("masked", "state_text"),
        ("benefit", "terms"),
        ("member", "batch"),
        ("valid_from", "valid_until"),
        ("used_at", "used_by"),
        ("order_amount", "saved_amount"),
        ("used_reference", "used_order"),
    ]
    readonly_fields = ["masked", "state_text", "terms"]

    class Media:
        css = {"all": ["campaigns/campaigns.css"]}

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("write-off/", write_off_pages.one_view, "write_off"),
            ("write-off/many/", write_off_pages.many_view, "write_off_many"),
        ]
        wrap = self.admin_site.admin_view
        own = [
            path(route, wrap(self._bound(view)), name=f"campaigns_coupon_{name}")
            for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def _bound(self, view: Any) -> Any:
        def call(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return view(self, request, **kwargs)

        return call

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Coupon], search_term: str
    ) -> tuple[QuerySet[Coupon], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        ways = [
            Q(code=canonical_code(term)[:16]),
            Q(batch=term) & ~Q(batch=""),
            Q(member__in=members_found(request, term)),
        ]
        return found_by_any(queryset, *ways), False

    @display(description=_("券码"))
    def masked(self, coupon: Coupon) -> str:
        return str(coupon)

    @display(description=_("成员"))
    def person(self, coupon: Coupon) -> str:
        return str(coupon.member or coupon.batch or "—")

    @display(description=_("状态"), label=_COLOURS)
    def state_label(self, coupon: Coupon) -> tuple[str, str]:
        return coupon.state, coupon.get_state_display()

    @display(description=_("状态"))
    def state_text(self, coupon: Coupon) -> str:
        return coupon.get_state_display()

    @display(description=_("优惠"))
    def terms(self, coupon: Coupon) -> str:
        return terms_in_words(coupon)

    @action(
        description=_("撤销核销"),
        url_path="take-back",
        icon="undo",
        permissions=["take_back"],
        dialog={
            "title": _("撤销核销"),
            "description": _("券还给成员，可以再用。"),
            "form_class": ReasonForm,
            "form_submit_text": _("撤销核销"),
        },
    )
    def take_back(self, request: HttpRequest, form: ReasonForm, object_id: int) -> HttpResponse:
        coupon = get_object_or_404(self.get_queryset(request), pk=object_id)
        run_service(
            request,
            lambda: return_coupon(
                coupon=coupon, reason=form.cleaned_data["reason"], actor=staff(request), now=database_now()
            ),
            success=_("券已还给成员。"),
        )
        return HttpResponse(
            headers={"HX-Redirect": reverse("admin:campaigns_coupon_change", args=[object_id])}
        )

    def has_take_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if not request.user.has_perm(WRITE_OFF):
            return False
        rows = Coupon.objects.visible_to(staff(request)).filter(state=CouponState.USED)
        return object_id is None or rows.filter(pk=object_id).exists()
