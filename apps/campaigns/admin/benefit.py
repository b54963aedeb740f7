"""礼品: a form that shows what the kind needs, stock, pools of codes, printed coupons."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, MultipleChoicesDropdownFilter
from unfold.decorators import action, display

from apps.accounts.admin.base import ReadOnlyModelAdmin, ScopedModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin import pool_pages
from apps.campaigns.admin.pages import staff
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Benefit, Code
from apps.campaigns.selectors.low_stock import only_low, with_left
from apps.campaigns.services.benefits import FIELDS, write_benefit
from apps.core.clock import database_now

#: Fields that only some kinds need; the form's script has the same list for a kind that may still change.
_ONLY_FOR = {
    "stock": frozenset(BenefitKind) - {BenefitKind.CODE},
    "amount": frozenset({BenefitKind.POINTS, BenefitKind.MEMBERSHIP}),
    "provider": frozenset({BenefitKind.RED_PACKET}),
    "daily_limit": frozenset({BenefitKind.RED_PACKET}),
}
_MAY_BE_EMPTY = ("cost", "face_value", "amount", "coupon_value", "coupon_threshold", "low_stock")


class BenefitForm(forms.ModelForm):
    """Amounts that are hidden for the kind may be missing: they take their defaults."""

    class Meta:
        model = Benefit
        fields = [*FIELDS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _MAY_BE_EMPTY:
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        fresh = Benefit()
        for name in _MAY_BE_EMPTY:
            if name in values and values[name] is None:
                values[name] = getattr(fresh, name)
        return values


class _LowStock(admin.SimpleListFilter):
    title = _("库存")
    parameter_name = "low"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("快发完了"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Benefit]) -> QuerySet[Benefit]:
        if self.value() != "yes":
            return queryset
        return only_low(queryset)


@admin.register(Benefit)
class BenefitAdmin(ScopedModelAdmin):
    form = BenefitForm
    list_display = ["card", "kind_label", "left_text", "issued", "money", "team", "is_active"]
    list_filter = [
        ("kind", MultipleChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
        _LowStock,
        ("team", ScopedRelatedFilter),
    ]
    list_select_related = ["team"]
    search_fields = ["name"]
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    compressed_fields = True
    actions_detail = ["add_codes", "print_coupons"]
    fieldsets = [
        (None, {"fields": [("name", "kind"), ("team", "is_active"), "note"]}),
        (
            _("钱和数量"),
            {
                "fields": [
                    ("cost", "face_value"),
                    ("stock", "low_stock"),
                    "amount",
                    ("provider", "daily_limit"),
                ]
            },
        ),
        (
            _("券的条件"),
            {
                "classes": ["ca-coupon-terms"],
                "fields": [
                    ("coupon_kind", "coupon_value"),
                    ("coupon_threshold", "coupon_cap"),
                    "coupon_scope",
                    ("coupon_valid_days", "returns_on_refund"),
                    ("coupon_valid_from", "coupon_valid_until"),
                ],
            },
        ),
    ]

    class Media:
        css = {"all": ["campaigns/campaigns.css", "campaigns/runs.css"]}
        js = ["campaigns/benefit_form.js"]

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("<int:pk>/codes/", pool_pages.codes_view, "codes"),
            ("<int:pk>/printed/", pool_pages.printed_view, "printed"),
            ("<int:pk>/printed/download/", pool_pages.download_view, "printed_download"),
        ]
        wrap = self.admin_site.admin_view
        own = [
            path(route, wrap(self._bound(view)), name=f"campaigns_benefit_{name}")
            for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def _bound(self, view: Any) -> Any:
        def call(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return view(self, request, **kwargs)

        return call

    def get_queryset(self, request: HttpRequest) -> QuerySet[Benefit]:
        return with_left(super().get_queryset(request))

    def get_fieldsets(self, request: HttpRequest, obj: Benefit | None = None) -> Any:
        """Once the kind is fixed, only what it needs."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or not obj.issued:
            return shown
        kept = []
        for title, options in shown:
            if "ca-coupon-terms" in options.get("classes", ()) and obj.kind != BenefitKind.COUPON:
                continue
            lines = [(line,) if isinstance(line, str) else line for line in options["fields"]]
            needed = [
                tuple(name for name in line if obj.kind in _ONLY_FOR.get(name, {obj.kind})) for line in lines
            ]
            kept.append((title, {**options, "fields": [line for line in needed if line]}))
        return kept

    def get_readonly_fields(self, request: HttpRequest, obj: Benefit | None = None) -> list[str]:
        """What has been given stays what it is."""
        return ["kind"] if obj is not None and obj.issued else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "team" and field is not None:
            field.required = not request.user.has_perm("accounts.view_all_teams")
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        return {"team": staff(request).teams.first(), **initial}

    def save_model(self, request: HttpRequest, obj: Benefit, form: Any, change: bool) -> None:
        """Through the service, which audits and checks the team."""
        stored = Benefit.objects.get(pk=obj.pk) if change else None
        values = {name: value for name, value in form.cleaned_data.items() if name in FIELDS}
        written = write_benefit(benefit=stored, values=values, actor=staff(request), now=database_now())
        obj.pk = written.pk
        obj._state.adding = False

    def has_delete_permission(self, request: HttpRequest, obj: Benefit | None = None) -> bool:
        """Gifts are switched off, not deleted: campaigns and grants name them."""
        return False

    # --- columns

    @display(description=_("礼品"), ordering="name")
    def card(self, benefit: Benefit) -> str:
        return benefit.name

    @display(description=_("种类"), label=True)
    def kind_label(self, benefit: Benefit) -> str:
        return benefit.get_kind_display()

    @display(description=_("剩余"))
    def left_text(self, benefit: Benefit) -> SafeString | str:
        left: int | None = benefit.left  # type: ignore[attr-defined]
        if left is None:
            return _t("不限")
        style = "ca-warn" if left <= benefit.low_stock else ""
        return format_html('<span class="ca-cell-list"><span class="{}">{}</span></span>', style, f"{left:,}")

    @display(description=_("成本 / 面值"))
    def money(self, benefit: Benefit) -> str:
        return f"¥{benefit.cost:,.2f} / {benefit.face_value:,.2f}"

    # --- what a gift may be filled with

    @action(description=_("码池"), url_path="to-codes", icon="password", permissions=["add_codes"])
    def add_codes(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:campaigns_benefit_codes", object_id)

    @action(description=_("印券码"), url_path="to-printed", icon="print", permissions=["print_coupons"])
    def print_coupons(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:campaigns_benefit_printed", object_id)

    def has_add_codes_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._is(request, object_id, BenefitKind.CODE)

    def has_print_coupons_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._is(request, object_id, BenefitKind.COUPON)

    def _is(self, request: HttpRequest, object_id: Any, kind: BenefitKind) -> bool:
        if not request.user.has_perm("campaigns.change_benefit"):
            return False
        rows = Benefit.objects.visible_to(staff(request))
        return object_id is None or rows.filter(pk=object_id, kind=kind).exists()


@admin.register(Code)
class CodeAdmin(ReadOnlyModelAdmin):
    """Codes are worth money: shown by their last letters only."""

    list_display = ["masked", "benefit", "state_label", "taken_at", "grant_link"]
    list_filter = [
        ("benefit", ScopedRelatedFilter),
        ("taken_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["benefit"]
    search_fields = ["value__exact"]
    search_help_text = _("完整的码")
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    fields = ["masked", "benefit", "state_label", "taken_at", "grant_link"]
    readonly_fields = ["masked", "state_label", "grant_link"]

    @display(description=_("码"))
    def masked(self, code: Code) -> str:
        return str(code)

    @display(description=_("状态"))
    def state_label(self, code: Code) -> str:
        return _t("已发出") if code.taken_at else _t("可发")

    @display(description=_("发放"))
    def grant_link(self, code: Code) -> SafeString | str:
        if code.grant_id is None:
            return "—"
        url = reverse("admin:campaigns_grant_change", args=[code.grant_id])
        return format_html('<a class="portal-link" href="{}">#{}</a>', url, code.grant_id)
