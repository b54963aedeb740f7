"""Offers on a listing: make, withdraw, turn down, counter. Offered points are held until the offer ends."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import PartState
from apps.campaigns.mechanics.base import (
    AddPart,
    ChangeEntry,
    ChangePart,
    Decision,
    Effect,
    MovePoints,
    Part,
    Quota,
    Refused,
    State,
)
from apps.campaigns.mechanics.swap.facts import (
    OFFER,
    SwapTurn,
    fresh_offer,
    is_on_shelf,
    is_stale,
    listed_until,
    live_offers,
    named_offer,
    own_offer,
    points_of,
    title_of,
)


def release(state: State, offers: Iterable[Part], why: str) -> list[Effect]:
    """End offers on the listing ``state`` and give the held points back to each."""
    effects: list[Effect] = []
    for part in offers:
        effects.append(ChangePart(part.id, state=PartState.VOID, data={**part.data, "ended": why}))
        if points_of(part):
            effects.append(move_points(state, part.data["serial"], part.member_id, points_of(part), "back"))
    return effects


def move_points(state: State, serial: int, member_id: int, delta: int, step: str) -> MovePoints:
    """One step of an offer's points: ``hold``, ``terms``, ``back`` or ``pay``; each happens once per offer."""
    words = {
        "hold": _("报价暂扣：%(title)s"),
        "terms": _("改价补差：%(title)s"),
        "back": _("报价退回：%(title)s"),
        "pay": _("换出所得：%(title)s"),
    }
    note = words[step] % {"title": title_of(state)}
    return MovePoints(member_id, delta, f"swap:{state.code}:{serial}:{step}", str(note))


def make_offer(turn: SwapTurn) -> Decision:
    rules, entry, params = turn.rules, turn.entry, turn.action.params
    item, points = str(params.get("item") or ""), int(params.get("points") or 0)
    note = str(params.get("note") or "")
    if not is_on_shelf(turn, entry):
        raise Refused(_("这件物品已经下架。"), hint=_("看看别的物品。"), code="listing_over")
    before = own_offer(entry)
    if before is not None:
        hint = _("先取回旧报价，再报新的。")
        raise Refused(_("你对这件物品已经有一个报价。"), hint=hint, code="already_offered")
    _check_terms(turn, item, points, turn.member_id)
    if not item and not points and not (rules.allows_text and note):
        raise Refused(_("请写上拿什么换。"), hint=_("选一件自己的物品，或填积分。"), code="empty_offer")
    stale = [part for part in live_offers(entry) if is_stale(turn, part)]
    if entry.pending_count - len(stale) >= rules.offers_per_listing:
        raise Refused(_("报价的人太多了。"), hint=_("过一会儿再来，或看看别的物品。"), code="full")
    serial = int(entry.data.get("serial") or 0) + 1
    day = turn.now.astimezone(timezone.get_default_timezone()).date().isoformat()
    effects: list[Effect] = [
        Quota(
            turn.member_id,
            f"offer:{day}",
            rules.offers_per_day,
            code="offer_limit",
            message=_("今天的报价次数用完了，明天再来。"),
        ),
        *release(entry, stale, "expired"),
        ChangeEntry(data={**entry.data, "serial": serial}),
        AddPart(
            turn.member_id,
            OFFER,
            state=PartState.PENDING,
            data={
                "item": item,
                "points": points,
                "note": note,
                "until": _offer_until(turn).isoformat(),
                "serial": serial,
            },
        ),
    ]
    if points:
        effects.append(move_points(entry, serial, turn.member_id, -points, "hold"))
    return Decision(tuple(effects), {"held_points": points})


def withdraw_offer(turn: SwapTurn) -> Decision:
    part = own_offer(turn.entry)
    if part is None:
        raise Refused(_("你在这里没有报价。"), hint=_("刷新页面再看看。"), code="offer_gone")
    return Decision(tuple(release(turn.entry, [part], "withdrawn")), {"returned_points": points_of(part)})


def turn_down(turn: SwapTurn) -> Decision:
    part = named_offer(turn)
    gone = [part, *(p for p in live_offers(turn.entry) if p.id != part.id and is_stale(turn, p))]
    return Decision(tuple(release(turn.entry, gone, "declined")))


def make_counter(turn: SwapTurn) -> Decision:
    """The owner asks for other terms; the offer stands meanwhile, with time for an answer."""
    part, params = fresh_offer(turn), turn.action.params
    item = str(params.get("item") or "") or str(part.data.get("item") or "")
    points = int(params.get("points") or 0)
    if not is_on_shelf(turn, turn.entry):
        raise Refused(_("这件物品已经下架。"), hint=_("可以重新上架一件。"), code="listing_over")
    if item == part.data.get("item") and points == points_of(part):
        raise Refused(_("和对方的报价一样。"), hint=_("满意的话，直接接受就好。"), code="same_terms")
    _check_terms(turn, str(params.get("item") or ""), points, part.member_id)
    counter = {"item": item, "points": points, "note": str(params.get("note") or "")}
    data = {**part.data, "counter": counter, "until": _offer_until(turn).isoformat()}
    return Decision((ChangePart(part.id, data=data),))


def decline_counter(part: Part) -> Decision:
    """The offerer does not agree: the offer stands as it was."""
    data = {key: value for key, value in part.data.items() if key != "counter"}
    return Decision((ChangePart(part.id, data=data),), {"agreed": False})


def check_item(turn: SwapTurn, code: str, owner_id: int) -> State | None:
    """The listing that is given in exchange, locked, its owner's and still on the shelf; ``None`` without one."""
    if not code:
        return None
    item = turn.entry.others.get(code)
    if item is None or item.owner_id != owner_id or not is_on_shelf(turn, item):
        raise Refused(
            _("拿来换的那件物品不能用了。"),
            hint=_("请选一件报价人自己的、正在上架的物品。"),
            code="item_gone",
        )
    return item


def check_points(turn: SwapTurn, points: int) -> None:
    if points and not turn.rules.allows_points:
        raise Refused(_("这里不用积分换。"), hint=_("请把积分留空。"), code="no_points_here")
    if not 0 <= points <= turn.rules.most_points:
        raise Refused(
            _("积分超出了范围。"),
            hint=_("请填 0 到 %(most)d。") % {"most": turn.rules.most_points},
            code="too_many_points",
        )


def _check_terms(turn: SwapTurn, item: str, points: int, owner_id: int) -> None:
    if item and not turn.rules.allows_items:
        raise Refused(_("这里不用物品换。"), hint=_("请填积分。"), code="no_items_here")
    check_item(turn, item, owner_id)
    check_points(turn, points)


def _offer_until(turn: SwapTurn) -> datetime:
    return min(turn.now + timedelta(hours=turn.rules.offer_hours), listed_until(turn, turn.entry))
