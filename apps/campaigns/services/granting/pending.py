"""Issuing grants that were written before: by settlement, by a release, by a funding."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.campaigns.enums import GrantState
from apps.campaigns.models import Benefit, Grant
from apps.campaigns.services.granting.kinds import KINDS, issue_now
from apps.campaigns.services.granting.telling import tell_benefit
from apps.core.failpoints import failpoint

#: Why a grant failed: codes arriving in the pool bring it back (services.codes.adding).
NO_STOCK = "no_stock"
#: Kinds that this tick sees to; the others have senders of their own.
_OURS = [str(kind) for kind, how in KINDS.items() if how.first != GrantState.PENDING]


@transaction.atomic
def issue_pending(*, now: datetime, limit: int = 500, run_id: int | None = None) -> int:
    """Issue pending grants (of one run, if given), oldest first; returns how many were taken. Any number may run at
    once: each skips what another holds, and a killed one leaves everything as it was."""
    due = Grant.objects.filter(
        Q(next_at__isnull=True) | Q(next_at__lte=now), state=GrantState.PENDING, kind__in=_OURS
    )
    if run_id is not None:
        due = due.filter(run_id=run_id)
    grants = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:limit])
    failpoint("grant.claimed")
    issue_locked(grants, now=now)
    failpoint("grant.issued")
    return len(grants)


def issue_locked(grants: Sequence[Grant], *, now: datetime) -> None:
    """Bring pending grants, locked by the caller, to the state where they belong: issued, waiting for an address, or
    ``failed`` with the reason ``no_stock`` where the pool is empty; red packets stay for their sender."""
    mine = [grant for grant in grants if grant.kind in _OURS]
    if not mine:
        return
    instant = [grant for grant in mine if KINDS[grant.kind].first == GrantState.ISSUED]
    benefits = Benefit.objects.in_bulk({grant.benefit_id for grant in instant})
    short = issue_now(instant, benefits, now=now)
    by_state: dict[GrantState, list[int]] = {}
    for grant in mine:
        state = GrantState.FAILED if grant.pk in short else KINDS[grant.kind].first
        if state == GrantState.AWAITING_ADDRESS and grant.address_hash:
            state = GrantState.AWAITING_SHIPMENT  # held after its member had said where it goes
        by_state.setdefault(state, []).append(grant.pk)
    for state, ids in by_state.items():
        Grant.objects.filter(pk__in=ids, state=GrantState.PENDING).update(
            state=state,
            reason=NO_STOCK if state == GrantState.FAILED else "",
            issued_at=now if state == GrantState.ISSUED else None,
            updated_at=now,
        )
    for benefit in {
        grant.benefit_id: benefits[grant.benefit_id] for grant in instant if grant.pk in short
    }.values():
        tell_benefit(
            benefit,
            key=f"benefit:{benefit.pk}:empty:{now:%Y-%m-%d}",
            text=_("“%(benefit)s”发完了，有成员还没拿到。补货后会自动补发。") % {"benefit": benefit.name},
            level=NoticeLevel.ERROR,
        )
