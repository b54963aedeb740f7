"""What is written in a listing's and an offer's data, and how it is read.

Listing: ``title description photos wishes points serial note`` and, while exchanged, ``deal``.
Offer (a part of kind ``offer``): ``item points note until serial`` and perhaps ``counter`` (``item points note``).
A deal stands on both listings with the other's code in ``with``; ``role`` says which of them was offered. In a
dispute the one that was offered for has ``complaints``: ``by`` and ``reason``, one of each side at most.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import Part, Refused, State, Turn
from apps.campaigns.mechanics.base.rules import Text
from apps.campaigns.mechanics.swap.rules import SwapRules

type SwapTurn = Turn[SwapRules]

OFFER = "offer"
LISTING = "listing"
ITEM = "item"


def title_of(state: State) -> Text:
    return str(state.data.get("title") or "") or _("闲置物品")


def listed_until(turn: SwapTurn, state: State) -> datetime:
    """When the listing goes off the shelf: its own clock, which a deal keeps for it while it runs another. One that
    goes with the run keeps none, so that it stays when the run is extended meanwhile."""
    deal = deal_of(state)
    if deal is None:
        until = state.expires_at
    else:
        kept = deal.get("listed_until")
        until = datetime.fromisoformat(str(kept)) if kept else None
    return min(until, turn.run.closes_at) if until else turn.run.closes_at


def is_on_shelf(turn: SwapTurn, state: State) -> bool:
    return state.state == EntryState.OPEN and turn.now < listed_until(turn, state)


def deal_of(state: State) -> Mapping[str, Any] | None:
    """The exchange that this listing is in, from its own side."""
    return state.data.get("deal") or None


def complaints_of(deal: Mapping[str, Any]) -> dict[int, str]:
    """What was said by each side that complained, the first first."""
    return {one["by"]: str(one["reason"]) for one in deal.get("complaints") or ()}


def live_offers(state: State) -> list[Part]:
    return [part for part in state.parts if part.kind == OFFER and part.state == PartState.PENDING]


def own_offer(state: State) -> Part | None:
    return next((p for p in state.mine if p.kind == OFFER and p.state == PartState.PENDING), None)


def is_stale(turn: SwapTurn, part: Part) -> bool:
    """Has the offer's time run out?"""
    raw = part.data.get("until")
    return bool(raw) and turn.now >= datetime.fromisoformat(str(raw))


def points_of(part: Part) -> int:
    """Points held for the offer."""
    return int(part.data.get("points") or 0)


def named_offer(turn: SwapTurn) -> Part:
    """The live offer that the verb speaks of; refused as ``offer_gone``."""
    part = turn.action.part
    if part is None or part.kind != OFFER or part.state != PartState.PENDING:
        raise Refused(_("这个报价已经不在了。"), hint=_("刷新页面，看看别的报价。"), code="offer_gone")
    return part


def fresh_offer(turn: SwapTurn) -> Part:
    """Like ``named_offer``; refused as ``offer_expired`` when its time has run out."""
    part = named_offer(turn)
    if is_stale(turn, part):
        raise Refused(_("这个报价过期了。"), hint=_("过期的报价要先取回，再重新报。"), code="offer_expired")
    return part


def other_side(turn: SwapTurn, code: str) -> State | None:
    """The other listing of a deal, locked; ``None`` for an exchange against points or a word alone.

    Refused as ``busy`` when the lock was taken before the deal was known.
    """
    if not code:
        return None
    other = turn.entry.others.get(code)
    if other is None:
        raise Refused(_("这件物品刚刚有了变化。"), hint=_("请再试一次。"), code="busy")
    return other
