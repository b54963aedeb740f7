"""Giving what a mechanic asked for, in the engine's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import GrantState
from apps.campaigns.mechanics.base import Give, Refused
from apps.campaigns.models import Benefit, Grant
from apps.campaigns.selectors.plans import Plan
from apps.campaigns.services.granting import stock
from apps.campaigns.services.granting.facts import record_granted
from apps.campaigns.services.granting.kinds import KINDS, issue_now
from apps.campaigns.services.granting.taking import take_back

__all__ = ["give_all", "take_back"]

#: C3: a key that is there already makes no second grant.
_INSERT = """
INSERT INTO campaigns_grant (run_id, entry_id, member_id, benefit_id, kind, slot, give_key, key, quantity, cost,
    face_value, state, issued_at, updated_at, address)
SELECT %(run)s, %(entry)s, g.member_id, g.benefit_id, g.kind, g.slot, g.give_key, g.key, g.quantity, g.cost,
    g.face_value, g.state, CASE WHEN g.state = 'issued' THEN %(now)s::timestamptz END, %(now)s, ''
FROM unnest(%(members)s::bigint[], %(benefits)s::bigint[], %(kinds)s::text[], %(slots)s::text[],
    %(give_keys)s::text[], %(keys)s::text[], %(quantities)s::int[], %(costs)s::numeric[], %(faces)s::numeric[],
    %(states)s::text[])
  AS g(member_id, benefit_id, kind, slot, give_key, key, quantity, cost, face_value, state)
ON CONFLICT (key) DO NOTHING RETURNING id, key"""


@dataclass
class _Wish:
    """A grant to be, and whether it may wait for budget or stock."""

    grant: Grant
    may_wait: bool


def give_all(
    *,
    run_id: int,
    entry_id: int,
    gives: Sequence[Give],
    plan: Plan,
    is_held: bool,
    now: datetime,
) -> list[int]:
    """Give every benefit of the gives' slots, each once per (entry, give's key, benefit) (C3); ids of new grants.

    Money is counted against the run's budget and pieces against each benefit's stock; points, coupons, codes and
    membership reach the member at once (C6), parcels wait for an address, red packets for the sender. Held grants
    are counted but not issued (C13). Raises ``Refused`` with ``no_budget`` or ``sold_out``, and then the caller's
    transaction must be undone; a give that ``may_wait`` is kept as ``unfunded`` instead.
    """
    wishes = _insert(_wishes(run_id, entry_id, gives, plan, is_held=is_held, now=now), now)
    if not wishes:
        return []
    waiting = _spend(run_id, wishes)
    funded = [wish for wish in wishes if wish.grant.pk not in waiting]
    benefits: dict[int, Benefit] = {}
    for wish in sorted(funded, key=lambda one: one.grant.benefit_id):
        grant = wish.grant
        benefit = stock.take(benefit_id=grant.benefit_id, quantity=grant.quantity)
        if benefit is not None:
            benefits[grant.benefit_id] = benefit
            continue
        _let_wait(wish)
        stock.unspend(run_id=run_id, cost=grant.cost)
        waiting.add(grant.pk)
    ready = [wish for wish in funded if wish.grant.pk not in waiting]
    if not is_held:
        waiting |= _issue(run_id, ready, benefits, now)
    if waiting:
        # Its row says ``issued`` or the like: it was written before anybody knew.
        Grant.objects.filter(pk__in=waiting).update(state=GrantState.UNFUNDED, issued_at=None)
    record_granted(
        [wish.grant for wish in ready if wish.grant.pk not in waiting],
        team_id=plan.team_id,
        campaign_id=plan.campaign_id,
        now=now,
    )
    return [wish.grant.pk for wish in wishes]


def _wishes(
    run_id: int, entry_id: int, gives: Sequence[Give], plan: Plan, *, is_held: bool, now: datetime
) -> list[_Wish]:
    return [
        _Wish(
            Grant(
                run_id=run_id,
                entry_id=entry_id,
                member_id=give.member_id,
                benefit_id=item.benefit_id,
                kind=item.kind,
                slot=give.slot,
                give_key=give.key,
                key=f"{entry_id}:{give.key}:{item.benefit_id}",
                quantity=item.quantity,
                cost=item.cost * item.quantity,
                face_value=item.face_value * item.quantity,
                state=GrantState.HELD if is_held else KINDS[item.kind].first,
            ),
            give.may_wait,
        )
        for give in gives
        for item in plan.slots.get(give.slot, ())
    ]


def _insert(wishes: list[_Wish], now: datetime) -> list[_Wish]:
    """Write the grants; returns those that are new, with their ids."""
    if not wishes:
        return []
    grants = [wish.grant for wish in wishes]
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "run": grants[0].run_id,
                "entry": grants[0].entry_id,
                "now": now,
                "members": [grant.member_id for grant in grants],
                "benefits": [grant.benefit_id for grant in grants],
                "kinds": [str(grant.kind) for grant in grants],
                "slots": [grant.slot for grant in grants],
                "give_keys": [grant.give_key for grant in grants],
                "keys": [grant.key for grant in grants],
                "quantities": [grant.quantity for grant in grants],
                "costs": [grant.cost for grant in grants],
                "faces": [grant.face_value for grant in grants],
                "states": [str(grant.state) for grant in grants],
            },
        )
        ids = {key: pk for pk, key in cursor.fetchall()}
    new = [wish for wish in wishes if wish.grant.key in ids]
    for wish in new:
        wish.grant.pk = ids[wish.grant.key]
    return new


def _spend(run_id: int, wishes: list[_Wish]) -> set[int]:
    """Count the costs against the budget: all that must be in one step; returns ids of those that must wait."""
    must = sum((wish.grant.cost for wish in wishes if not wish.may_wait), Decimal(0))
    if not stock.spend(run_id=run_id, cost=must):
        raise Refused(_("本期的礼品预算用完了。"), hint=_("请联系活动负责人。"), code="no_budget")
    return {
        wish.grant.pk
        for wish in wishes
        if wish.may_wait and not stock.spend(run_id=run_id, cost=wish.grant.cost)
    }


def _issue(run_id: int, ready: list[_Wish], benefits: dict[int, Benefit], now: datetime) -> set[int]:
    instant = [wish for wish in ready if KINDS[wish.grant.kind].first == GrantState.ISSUED]
    if not instant:
        return set()
    short = issue_now([wish.grant for wish in instant], benefits, now=now)
    for wish in instant:
        if wish.grant.pk in short:
            _let_wait(wish)
            stock.unspend(run_id=run_id, cost=wish.grant.cost)
            stock.put_back(benefit_id=wish.grant.benefit_id, quantity=wish.grant.quantity)
    return short


def _let_wait(wish: _Wish) -> None:
    if not wish.may_wait:
        raise Refused(_("礼品发完了。"), hint=_("请联系活动负责人补货。"), code="sold_out")
