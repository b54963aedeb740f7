"""What staff do to a grant for the member or for the house, with the permission checked here."""

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.models import Grant
from apps.campaigns.services.granting.addresses import fill_address
from apps.campaigns.services.granting.holding import fund_unfunded, retry_failed
from apps.campaigns.services.granting.shipping import check_may_fulfil
from apps.campaigns.services.granting.taking import void_grant


@transaction.atomic
def fill_address_for(
    *, grant: Grant, name: str, phone: str, address: str, actor: User, now: datetime
) -> Grant:
    """Write down where the parcel goes, as the member told us; audited. Raises as ``fill_address``, and
    ``NotAllowed``."""
    check_may_fulfil(actor, grant)
    filled = fill_address(
        grant=grant, member_id=grant.member_id, name=name, phone=phone, address=address, now=now
    )
    audit(actor=actor, action="grant.fill_address", target=filled)
    return filled


def void_by_staff(*, grant: Grant, reason: str, actor: User, now: datetime) -> bool:
    """As ``void_grant``, for those who see to grants."""
    check_may_fulfil(actor, grant)
    return void_grant(grant=grant, reason=reason, actor=actor, now=now)


def fund_by_staff(*, grant: Grant, actor: User, now: datetime) -> Grant:
    """As ``fund_unfunded``, for those who see to grants."""
    check_may_fulfil(actor, grant)
    return fund_unfunded(grant=grant, actor=actor, now=now)


def retry_by_staff(*, grant: Grant, actor: User, now: datetime) -> Grant:
    """As ``retry_failed``, for those who see to grants."""
    check_may_fulfil(actor, grant)
    return retry_failed(grant=grant, actor=actor, now=now)
