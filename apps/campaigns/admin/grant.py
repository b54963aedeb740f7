"""礼品发放: where every gift is, and what a person does to one that does not go by itself."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
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
from unfold.enums import ActionVariant

from apps.accounts.admin.base import ReadOnlyModelAdmin, run_service
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin import warehouse_pages
from apps.campaigns.admin.entry import members_found
from apps.campaigns.admin.grant_dialogs import (
    AddressForm,
    AskAgainForm,
    ConfirmForm,
    PaidForm,
    ReasonForm,
    RevealForm,
    ShipForm,
    UnpaidForm,
)
from apps.campaigns.admin.pages import staff
from apps.campaigns.admin.run_pages import GRANT_COLOURS
from apps.campaigns.enums import GRANT_MOVES, BenefitKind, GrantState
from apps.campaigns.models import Grant
from apps.campaigns.providers.registry import get_provider
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.services.granting.addresses import address_of, reveal_address
from apps.campaigns.services.granting.by_staff import (
    fill_address_for,
    fund_by_staff,
    retry_by_staff,
    void_by_staff,
)
from apps.campaigns.services.granting.holding import release_held
from apps.campaigns.services.granting.packet_verdicts import mark_paid, mark_unpaid
from apps.campaigns.services.granting.shipping import ask_address_again, mark_received, ship
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.members.services.personal_data import REVEAL

_FULFIL = "campaigns.fulfil_grant"
_REVIEW = "campaigns.review_flag"
_MOST_AT_ONCE = 500
_VOIDABLE = frozenset(state for state, to in GRANT_MOVES.items() if GrantState.VOID in to)
_WITH_ADDRESS = frozenset({GrantState.AWAITING_SHIPMENT, GrantState.SHIPPED})
_BY_PERSON = frozenset({GrantState.PENDING, GrantState.FAILED})

type Call = Callable[[Grant, Any, dict[str, Any]], Any]


def _step(
    name: str,
    label: Any,
    form: type,
    call: Call,
    done: Any,
    *,
    icon: str,
    explain: Any = "",
    variant: ActionVariant = ActionVariant.DEFAULT,
) -> Any:
    """A detail action: a dialog, one service call, a sentence. Offered where ``_OFFERED[name]`` says."""

    @action(
        description=label,
        url_path=name.replace("_", "-"),
        icon=icon,
        permissions=[name],
        variant=variant,
        dialog={"title": label, "description": explain, "form_class": form, "form_submit_text": label},
    )
    def decide(self: "GrantAdmin", request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
        return self.do(request, object_id, lambda grant, actor: call(grant, actor, form.cleaned_data), done)

    return decide


#: name → (permission, condition under which it is offered)
_OFFERED: dict[str, tuple[str, Q]] = {
    "fill_address": (
        _FULFIL,
        Q(kind=BenefitKind.PHYSICAL, state__in=[GrantState.AWAITING_ADDRESS, GrantState.AWAITING_SHIPMENT]),
    ),
    "ship": (_FULFIL, Q(state=GrantState.AWAITING_SHIPMENT)),
    "ask_again": (_FULFIL, Q(state=GrantState.AWAITING_SHIPMENT)),
    "received": (_FULFIL, Q(state=GrantState.SHIPPED)),
    "release": (_REVIEW, Q(state=GrantState.HELD)),
    "fund": (_FULFIL, Q(state=GrantState.UNFUNDED)),
    "retry": (_FULFIL, Q(state=GrantState.FAILED)),
    "paid": (_FULFIL, Q(kind=BenefitKind.RED_PACKET, state__in=[GrantState.UNKNOWN, *_BY_PERSON])),
    "unpaid": (_FULFIL, Q(state=GrantState.UNKNOWN)),
    "reveal": (REVEAL, Q(state__in=_WITH_ADDRESS)),
    "void": (_FULFIL, Q(state__in=_VOIDABLE)),
}


@admin.register(Grant)
class GrantAdmin(ReadOnlyModelAdmin):
    list_display = ["created_at", "card", "person", "run_link", "state_label", "money", "short_reason"]
    list_filter = [
        ("state", MultipleChoicesDropdownFilter),
        ("kind", MultipleChoicesDropdownFilter),
        ("run__campaign", ScopedRelatedFilter),
        ("benefit", ScopedRelatedFilter),
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
        found = Q(entry__code=term) | Q(shipping_number=term) | Q(member__in=members_found(request, term))
        number = term.lstrip("#")
        if number.isdecimal() and len(number) < 16:
            found |= Q(pk=number)
        return queryset.filter(found), False

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

    # --- one grant

    fill_address = _step(
        "fill_address",
        _("填地址"),
        AddressForm,
        lambda grant, actor, values: fill_address_for(
            grant=grant, actor=actor, now=database_now(), **_of(values, "name", "phone", "address")
        ),
        _("地址已记下，等发货。"),
        icon="home_pin",
    )
    ship = _step(
        "ship",
        _("发货"),
        ShipForm,
        lambda grant, actor, values: ship(
            grant=grant, actor=actor, now=database_now(), **_of(values, "company", "number")
        ),
        _("已发货，成员能看到快递单号。"),
        icon="local_shipping",
        variant=ActionVariant.PRIMARY,
    )
    ask_again = _step(
        "ask_again",
        _("请成员重填地址"),
        AskAgainForm,
        lambda grant, actor, values: ask_address_again(
            grant=grant, actor=actor, now=database_now(), reason=values["reason"]
        ),
        _("已退回，等成员重填地址。"),
        icon="edit_location_alt",
    )
    received = _step(
        "received",
        _("已签收"),
        ConfirmForm,
        lambda grant, actor, values: mark_received(grant=grant, actor=actor, now=database_now()),
        _("已标记签收。"),
        icon="inventory",
    )
    release = _step(
        "release",
        _("放行"),
        ReasonForm,
        lambda grant, actor, values: release_held(
            grant=grant, actor=actor, now=database_now(), reason=values["reason"]
        ),
        _("已放行，礼品马上发出。"),
        icon="lock_open",
        explain=_("看过证据再放行：参与单页面写着为什么暂扣。"),
    )
    fund = _step(
        "fund",
        _("补发"),
        ConfirmForm,
        lambda grant, actor, values: fund_by_staff(grant=grant, actor=actor, now=database_now()),
        _("已补发。"),
        icon="savings",
        explain=_("要有预算和库存；不够时先在活动期里加预算，或给礼品补库存。"),
    )
    retry = _step(
        "retry",
        _("重试"),
        ConfirmForm,
        lambda grant, actor, values: retry_by_staff(grant=grant, actor=actor, now=database_now()),
        _("已重新发放，稍后看结果。"),
        icon="refresh",
    )
    paid = _step(
        "paid",
        _("标记红包已发"),
        PaidForm,
        lambda grant, actor, values: mark_paid(
            grant=grant, actor=actor, now=database_now(), reference=values["reference"]
        ),
        _("已标记为发出。"),
        icon="paid",
        explain=_("先转账，或在商户平台查到已付，再标记。"),
    )
    unpaid = _step(
        "unpaid",
        _("标记红包未发"),
        UnpaidForm,
        lambda grant, actor, values: mark_unpaid(
            grant=grant, actor=actor, now=database_now(), reason=values["reason"]
        ),
        _("已标记为未发，可以重试。"),
        icon="money_off",
    )
    void = _step(
        "void",
        _("作废"),
        ReasonForm,
        lambda grant, actor, values: void_by_staff(
            grant=grant, actor=actor, now=database_now(), reason=values["reason"]
        ),
        lambda is_void: (
            _t("已作废，成本和库存已退回。") if is_void else _t("成员已经用掉或收到，收不回来；原因已记下。")
        ),
        icon="block",
        variant=ActionVariant.DANGER,
    )

    @action(
        description=_("查看收货地址"),
        url_path="reveal",
        icon="visibility",
        permissions=["reveal"],
        dialog={
            "title": _("查看收货地址"),
            "description": "",
            "form_class": RevealForm,
            "form_submit_text": _("查看"),
        },
    )
    def reveal(self, request: HttpRequest, form: RevealForm, object_id: int) -> HttpResponse:
        return self.do(
            request,
            object_id,
            lambda grant, actor: reveal_address(grant=grant, actor=actor, reason=form.cleaned_data["reason"]),
            lambda found: f"{found.name} {found.phone} {found.address}",
        )

    def do(
        self, request: HttpRequest, object_id: int, call: Callable[[Grant, Any], Any], done: Any
    ) -> HttpResponse:
        """One service call on one visible grant, then its page again."""
        grant = get_object_or_404(self.get_queryset(request), pk=object_id)
        run_service(request, lambda: call(grant, staff(request)), success=done)
        return HttpResponse(
            headers={"HX-Redirect": reverse("admin:campaigns_grant_change", args=[object_id])}
        )

    def offers(self, request: HttpRequest, name: str, object_id: Any) -> bool:
        """May the user do ``name`` to this grant now?"""
        permission, condition = _OFFERED[name]
        if not request.user.has_perm(permission):
            return False
        if object_id is None:
            return True
        grant = (
            Grant.objects.visible_to(staff(request)).select_related("benefit").filter(condition, pk=object_id)
        )
        found = grant.first()
        if found is None or name != "paid" or found.state == GrantState.UNKNOWN:
            return found is not None
        return get_provider(found.benefit.provider).is_by_person

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


def _of(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """The named fields: a dialog's form has hidden ones of its own."""
    return {name: values[name] for name in names}


def _to(request: HttpRequest, name: str) -> HttpResponse:
    query = request.GET.urlencode()
    return redirect(reverse(name) + (f"?{query}" if query else ""))


def _permission(name: str) -> Callable[..., bool]:
    def has(self: GrantAdmin, request: HttpRequest, object_id: Any = None) -> bool:
        return self.offers(request, name, object_id)

    return has


for _name in _OFFERED:
    setattr(GrantAdmin, f"has_{_name}_permission", _permission(_name))
