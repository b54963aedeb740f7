"""What a person does to one gift: a dialog, one service call, a sentence; offered by permission and state."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant

from apps.accounts.admin.base import run_service
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
from apps.campaigns.enums import GRANT_MOVES, BenefitKind, GrantState
from apps.campaigns.models import Grant
from apps.campaigns.providers.registry import get_provider
from apps.campaigns.services.granting.addresses import reveal_address
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
from apps.members.services.personal_data import REVEAL

_FULFIL = "campaigns.fulfil_grant"
_REVIEW = "campaigns.review_flag"
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
    def decide(self: "GrantSteps", request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
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


class GrantSteps(ModelAdmin):
    """The steps of a grant's page, each a detail action."""

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


def _of(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """The named fields: a dialog's form has hidden ones of its own."""
    return {name: values[name] for name in names}


def _permission(name: str) -> Callable[..., bool]:
    def has(self: GrantSteps, request: HttpRequest, object_id: Any = None) -> bool:
        return self.offers(request, name, object_id)

    return has


for _name in _OFFERED:
    setattr(GrantSteps, f"has_{_name}_permission", _permission(_name))
