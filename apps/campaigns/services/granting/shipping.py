"""Parcels on their way: one by one, or as the warehouse's file says."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import GRANT_MOVES, GrantState
from apps.campaigns.models import Grant
from apps.core.errors import Invalid, NotAllowed
from apps.core.models import move

FULFIL = "campaigns.fulfil_grant"


def check_may_fulfil(actor: User, grant: Grant | None = None) -> None:
    """Raise ``NotAllowed`` unless ``actor`` sees to grants, and sees this one (S1)."""
    may = actor.has_perm(FULFIL)
    if may and grant is not None:
        may = Grant.objects.visible_to(actor).filter(pk=grant.pk).exists()
    if not may:
        raise NotAllowed(_("你没有处理礼品的权限。"), hint=_("请联系社群架构师。"))


def check_parcel(company: str, number: str) -> tuple[str, str]:
    """The two as they are stored. Raises ``Invalid``."""
    company, number = " ".join(company.split()), "".join(number.split())
    if not company or len(company) > 40 or not company.isprintable():
        raise Invalid(_("请填快递公司。"), hint=_("例如：顺丰。"), field="company")
    if not number or len(number) > 60 or not number.isascii() or not number.isprintable():
        raise Invalid(_("快递单号不正确。"), hint=_("只有字母、数字和连字符。"), field="number")
    return company, number


@transaction.atomic
def ship(*, grant: Grant, company: str, number: str, actor: User, now: datetime) -> Grant:
    """The parcel has left; audited. Raises ``NotAllowed``, ``Invalid``, ``WrongState``."""
    check_may_fulfil(actor, grant)
    company, number = check_parcel(company, number)
    locked = Grant.objects.select_for_update(of=("self",)).select_related("benefit").get(pk=grant.pk)
    move(
        locked,
        GrantState.SHIPPED,
        table={GrantState.AWAITING_SHIPMENT: GRANT_MOVES[GrantState.AWAITING_SHIPMENT]},
        shipping_company=company,
        shipping_number=number,
        shipped_at=now,
    )
    audit(actor=actor, action="grant.ship", target=locked, company=company)
    return locked


@transaction.atomic
def mark_received(*, grant: Grant, actor: User | None, now: datetime, member_id: int | None = None) -> Grant:
    """The parcel has arrived: the member says so, or staff do (audited). Raises ``NotAllowed``, ``WrongState``."""
    if actor is not None:
        check_may_fulfil(actor, grant)
    elif grant.member_id != member_id:
        raise NotAllowed(_("这不是你的礼品。"), hint=_("到“我的礼品”里找找。"))
    locked = Grant.objects.select_for_update(of=("self",)).select_related("benefit").get(pk=grant.pk)
    table = {GrantState.SHIPPED: GRANT_MOVES[GrantState.SHIPPED]}
    move(locked, GrantState.ISSUED, table=table, issued_at=now)
    if actor is not None:
        audit(actor=actor, action="grant.received", target=locked)
    return locked


@transaction.atomic
def ask_address_again(*, grant: Grant, reason: str, actor: User, now: datetime) -> Grant:
    """The address is no good: the member is asked anew; audited. Raises ``NotAllowed``, ``Invalid``,
    ``WrongState``."""
    check_may_fulfil(actor, grant)
    if not reason.strip():
        raise Invalid(_("请写明原因。"), hint=_("成员会看到它。"), field="reason")
    locked = Grant.objects.select_for_update(of=("self",)).select_related("benefit").get(pk=grant.pk)
    table = {GrantState.AWAITING_SHIPMENT: GRANT_MOVES[GrantState.AWAITING_SHIPMENT]}
    move(locked, GrantState.AWAITING_ADDRESS, table=table, reason=reason.strip()[:120])
    audit(actor=actor, action="grant.ask_address", target=locked, reason=reason[:500])
    return locked
