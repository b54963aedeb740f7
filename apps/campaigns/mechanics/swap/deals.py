"""An accepted exchange: both things are claimed (C8), both sides confirm, or all goes back."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import (
    ChangeEntry,
    ChangePart,
    Claim,
    Decision,
    Effect,
    Give,
    Part,
    Refused,
    State,
    Unclaim,
)
from apps.campaigns.mechanics.swap.facts import (
    ITEM,
    LISTING,
    SwapTurn,
    complaints_of,
    deal_of,
    is_on_shelf,
    listed_until,
    live_offers,
    other_side,
    points_of,
)
from apps.campaigns.mechanics.swap.offers import check_item, move_points, release

#: A dispute waits for a person; its clock only says when the engine looks again.
LOOK_AGAIN = timedelta(days=7)


def strike(turn: SwapTurn, part: Part, code: str, points: int) -> Decision:
    """Both sides agree on ``part`` with these terms: claim both things, release every rival, start the clock."""
    listing = turn.entry
    if not is_on_shelf(turn, listing):
        raise Refused(_("这件物品已经下架。"), hint=_("可以重新上架一件。"), code="listing_over")
    item = check_item(turn, code, part.member_id)
    until = turn.now + timedelta(hours=turn.rules.confirm_hours)
    serial = part.data["serial"]
    shared = {
        "part": part.id,
        "serial": serial,
        "points": points,
        "partner": part.member_id,
        "until": until.isoformat(),
        "confirmed": [],
    }
    terms = {**part.data, "item": code, "points": points}
    terms.pop("counter", None)
    effects: list[Effect] = [
        ChangePart(part.id, state=PartState.COUNTED, data=terms),
        *_bind(turn, listing, {**shared, "role": LISTING, "with": code}, until, is_other=False),
        *release(listing, [p for p in live_offers(listing) if p.id != part.id], "rival"),
    ]
    if points != points_of(part):
        effects.append(move_points(listing, serial, part.member_id, points_of(part) - points, "terms"))
    if item is not None:
        effects += _bind(turn, item, {**shared, "role": ITEM, "with": listing.code}, until, is_other=True)
        effects += release(item, live_offers(item), "rival")
    return Decision(tuple(effects), {"matched": True, "confirm_before": until.isoformat()})


def confirm(turn: SwapTurn) -> Decision:
    deal = party_deal(turn)
    if turn.member_id in deal["confirmed"]:
        raise Refused(_("你已经确认过了。"), hint=_("等对方确认就好。"), code="already_confirmed")
    deal["confirmed"] = [*deal["confirmed"], turn.member_id]
    if len(deal["confirmed"]) == 2:
        return Decision(tuple(complete(turn, deal)), {"completed": True})
    return Decision((ChangeEntry(data={**turn.entry.data, "deal": deal}),), {"completed": False})


def cancel(turn: SwapTurn) -> Decision:
    """Either side, while nobody has confirmed. After that the thing may have changed hands: a person decides."""
    deal = party_deal(turn)
    if deal["confirmed"]:
        raise Refused(
            _("已经有一方确认收到，不能直接取消。"),
            hint=_("有问题请点“申诉”，由客服处理。"),
            code="half_done",
        )
    return Decision(tuple(undo(turn, "cancelled")), {"cancelled": True})


def dispute(turn: SwapTurn) -> Decision:
    """Either side says what is wrong, and then a person decides; the other side may tell its own, once."""
    deal = party_deal(turn)
    said = complaints_of(deal)
    if turn.member_id in said:
        raise Refused(
            _("你已经说明过情况了。"),
            hint=_("客服正在看，请等结果。"),
            code="already_disputed",
        )
    complaint = {"by": turn.member_id, "reason": turn.action.params["reason"]}
    deal["complaints"] = [*(deal.get("complaints") or ()), complaint]
    if turn.entry.state == EntryState.DISPUTED:
        return Decision((ChangeEntry(data={**turn.entry.data, "deal": deal}),), {"disputed": True})
    return Decision(tuple(_stop_clock(turn, deal)), {"disputed": True})


def arbitrate(turn: SwapTurn) -> Decision:
    deal = _listing_deal(turn)
    deal["ruling"] = {"complete": turn.action.params["complete"], "note": turn.action.params["note"]}
    if turn.action.params["complete"]:
        return Decision(tuple(complete(turn, deal)), {"completed": True})
    return Decision(tuple(undo(turn, "arbitrated")), {"completed": False})


def run_out(turn: SwapTurn) -> Decision:
    """The time to hand over is over, from whichever side the engine comes."""
    entry, deal = turn.entry, deal_of(turn.entry)
    assert deal is not None
    if turn.now < datetime.fromisoformat(deal["until"]):
        return Decision(())
    listing = entry if deal["role"] == LISTING else other_side(turn, deal["with"])
    agreed = dict((deal_of(listing) if listing else None) or deal)
    if agreed["confirmed"]:
        return Decision(tuple(_stop_clock(turn, agreed)))
    return Decision(tuple(undo(turn, "not_confirmed")))


def wait_for_ruling(turn: SwapTurn) -> Decision:
    expires = turn.entry.expires_at
    if expires is not None and turn.now < expires:
        return Decision(())
    return Decision((ChangeEntry(expires_at=turn.now + LOOK_AGAIN),))


def complete(turn: SwapTurn, deal: dict[str, Any]) -> list[Effect]:
    """Both listings are exchanged for good; held points go to the owner."""
    listing = turn.entry
    effects: list[Effect] = [
        ChangeEntry(state=EntryState.WON, data={**listing.data, "deal": deal}, reason="swapped"),
        Give("owner", listing.owner_id, "owner", may_wait=True),
        Give("partner", deal["partner"], "partner", may_wait=True),
    ]
    if deal["points"]:
        effects.append(move_points(listing, deal["serial"], listing.owner_id, deal["points"], "pay"))
    item = other_side(turn, deal["with"])
    if item is not None:
        effects.append(ChangeEntry(entry=item.code, state=EntryState.WON, reason="swapped"))
    return effects


def undo(turn: SwapTurn, why: str) -> list[Effect]:
    """Everything back: points to the offerer, both things to the shelf while their time lasts."""
    entry, deal = turn.entry, deal_of(turn.entry)
    assert deal is not None
    other = other_side(turn, deal["with"])
    listing = entry if deal["role"] == LISTING else other
    assert listing is not None
    effects: list[Effect] = [ChangePart(deal["part"], state=PartState.VOID), *_unbind(turn, entry, why)]
    if deal["points"]:
        effects.append(move_points(listing, deal["serial"], deal["partner"], deal["points"], "back"))
    if other is not None:
        effects += _unbind(turn, other, why)
    return effects


def party_deal(turn: SwapTurn) -> dict[str, Any]:
    """A copy of the deal, for one of its two sides; refused as ``not_yours``."""
    deal = _listing_deal(turn)
    if turn.member_id not in (turn.entry.owner_id, deal["partner"]):
        raise Refused(_("这笔交换和你无关。"), hint=_("看看别的物品。"), code="not_yours")
    return deal


def _listing_deal(turn: SwapTurn) -> dict[str, Any]:
    deal = deal_of(turn.entry)
    if deal is None:
        raise Refused(_("这件物品没有在交换中。"), hint=_("刷新页面再看看。"), code="no_deal")
    if deal["role"] != LISTING:
        hint = _("编号 %(code)s。") % {"code": deal["with"]}
        raise Refused(_("请到换来的那件物品的页面操作。"), hint=hint, code="other_page")
    return dict(deal)


def _bind(
    turn: SwapTurn, state: State, deal: dict[str, Any], until: datetime, *, is_other: bool
) -> list[Effect]:
    own = listed_until(turn, state)
    deal = {**deal, "listed_until": own.isoformat() if own < turn.run.closes_at else ""}
    return [
        Claim(f"item:{state.id}", message=_("这件物品已经在另一笔交换里了。")),
        ChangeEntry(
            entry=state.code if is_other else "",
            state=EntryState.MATCHED,
            data={**state.data, "deal": deal},
            expires_at=until,
        ),
    ]


def _unbind(turn: SwapTurn, state: State, why: str) -> list[Effect]:
    code = "" if state.id == turn.entry.id else state.code
    data = {key: value for key, value in state.data.items() if key != "deal"}
    until = listed_until(turn, state)
    if turn.now < until and not turn.run.is_closing:
        back = ChangeEntry(entry=code, state=EntryState.OPEN, data=data, expires_at=until)
    else:
        back = ChangeEntry(entry=code, state=EntryState.FAILED, data=data, reason=why)
    return [Unclaim(f"item:{state.id}"), back]


def _stop_clock(turn: SwapTurn, deal: dict[str, Any]) -> list[Effect]:
    """Both sides of the deal are disputed. ``deal`` is the listing's; the turn may be either's."""
    until = turn.now + LOOK_AGAIN
    own = deal_of(turn.entry)
    assert own is not None
    listing = turn.entry if own["role"] == LISTING else other_side(turn, own["with"])
    item = other_side(turn, own["with"]) if own["role"] == LISTING else turn.entry
    effects: list[Effect] = []
    for state in (listing, item):
        if state is not None:
            data = {**state.data, "deal": deal} if state is listing else None
            code = "" if state.id == turn.entry.id else state.code
            effects.append(ChangeEntry(entry=code, state=EntryState.DISPUTED, data=data, expires_at=until))
    return effects
