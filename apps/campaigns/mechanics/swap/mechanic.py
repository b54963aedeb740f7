"""The exchange: listings and their moderation here, offers and deals beside."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import (
    ChangeEntry,
    ChangePart,
    Costs,
    Decision,
    Effect,
    Figure,
    Mechanic,
    Page,
    Part,
    Quota,
    Refused,
    Result,
    Shape,
    Slot,
    TakeBack,
    Totals,
    Voice,
)
from apps.campaigns.mechanics.swap import deals, offers
from apps.campaigns.mechanics.swap.facts import (
    ITEM,
    LISTING,
    SwapTurn,
    deal_of,
    fresh_offer,
    live_offers,
    points_of,
)
from apps.campaigns.mechanics.swap.pages import swap_page, voices
from apps.campaigns.mechanics.swap.rules import SwapRules
from apps.campaigns.mechanics.swap.verbs import VERBS


class Swap(Mechanic[SwapRules]):
    """A listing is an entry, an offer a pending part of it; the accepted offer is its only counted part."""

    key = "swap"
    label = _("换物")
    mark = "换"
    icon = "swap_horiz"
    purpose = _("闲置换闲置、换积分：不花礼品钱，让群里的人彼此来往。")
    typical = (_("一期 14–30 天，兴趣群、邻里群最合适"), _("先审后上架，谈妥后双方确认"))
    compliance = _(
        "只限个人自用的闲置；处方药、烟草、活体动物、开封食品和违禁品不得上架，内容先审后发。"
        "积分只作交换凭据，不兑现金；页面上不留电话和住址。"
    )
    entry_word = _("闲置")
    part_word = _("报价")
    rules_type = SwapRules
    is_browsable = True
    decided_elsewhere: ClassVar = {"deal": {"role": ITEM}}  # by its listing: the deal's state stands there
    verbs = VERBS

    def slots(self, rules: SwapRules) -> list[Slot]:
        return [
            Slot("owner", _("物主"), _("换成后得到，可不设。")),
            Slot("partner", _("换家"), _("换成后得到，可不设。")),
        ]

    # --- locks -------------------------------------------------------------------------------------

    def also_locks(self, action_verb: str, part: Part | None, params: Mapping[str, Any]) -> list[str]:
        """The thing offered in exchange: its state is read, and changed when the deal is struck."""
        code = ""
        if action_verb in ("offer", "counter"):
            code = str(params.get("item") or "")
        elif action_verb == "accept" and part is not None:
            code = str(part.data.get("item") or "")
        elif action_verb == "answer" and part is not None:
            code = str((part.data.get("counter") or {}).get("item") or "")
        return [code] if code else []

    def linked(self, data: Mapping[str, Any]) -> list[str]:
        code = str((data.get("deal") or {}).get("with") or "")
        return [code] if code else []

    # --- listings ----------------------------------------------------------------------------------

    def on_list(self, turn: SwapTurn) -> Decision:
        rules, params = turn.rules, turn.action.params
        photos = list(params.get("photos") or ())
        if len(photos) < rules.photos_least:
            raise Refused(
                _("请上传照片。"),
                hint=_("至少 %(least)d 张，拍清楚正面和瑕疵。") % {"least": rules.photos_least},
                code="photos_needed",
            )
        points = int(params.get("points") or 0)
        offers.check_points(turn, points)
        data = {
            "title": params["title"],
            "description": params.get("description") or "",
            "photos": photos,
            "wishes": params.get("wishes") or "",
            "points": points,
        }
        opening = ChangeEntry(
            state=EntryState.PENDING if rules.needs_moderation else EntryState.OPEN,
            data=data,
            expires_at=_shelf_end(turn),
            capacity=rules.offers_per_listing,
            title=str(params["title"])[:80],
        )
        return Decision((_quota(turn, turn.member_id), opening), {"pending": rules.needs_moderation})

    def on_moderate(self, turn: SwapTurn) -> Decision:
        """Let a listing onto the shelf, refuse it, or take one down that slipped through."""
        entry, note = turn.entry, str(turn.action.params.get("note") or "")
        data = {**entry.data, "note": note}
        is_waiting = entry.state == EntryState.PENDING
        if not turn.action.params["accept"]:
            if not note:
                raise Refused(_("请写明原因。"), hint=_("物主会看到，改好可以重新发布。"), code="note_needed")
            effects: list[Effect] = release_all(turn, "taken_down")
            effects.append(ChangeEntry(state=EntryState.CANCELLED, data=data, reason="rejected"))
            if is_waiting:
                effects.append(_quota(turn, entry.owner_id, -1))
            return Decision(tuple(effects), {"accepted": False})
        if not is_waiting:
            raise Refused(
                _("这件物品已经上架了。"), hint=_("要撤下，请选“不通过”并写明原因。"), code="reviewed"
            )
        change = ChangeEntry(state=EntryState.OPEN, data=data, expires_at=_shelf_end(turn))
        return Decision((change,), {"accepted": True})

    def on_unlist(self, turn: SwapTurn) -> Decision:
        effects = release_all(turn, "unlisted")
        effects.append(ChangeEntry(state=EntryState.CANCELLED, reason="unlisted"))
        if turn.entry.state == EntryState.PENDING:
            effects.append(_quota(turn, turn.entry.owner_id, -1))
        return Decision(tuple(effects))

    # --- offers ------------------------------------------------------------------------------------

    def on_offer(self, turn: SwapTurn) -> Decision:
        return offers.make_offer(turn)

    def on_withdraw(self, turn: SwapTurn) -> Decision:
        return offers.withdraw_offer(turn)

    def on_turn_down(self, turn: SwapTurn) -> Decision:
        return offers.turn_down(turn)

    def on_counter(self, turn: SwapTurn) -> Decision:
        return offers.make_counter(turn)

    def on_accept(self, turn: SwapTurn) -> Decision:
        """The offer as it was made, even if a counter-offer is still open: both sides have agreed to it."""
        part = fresh_offer(turn)
        return deals.strike(turn, part, str(part.data.get("item") or ""), points_of(part))

    def on_answer(self, turn: SwapTurn) -> Decision:
        part = fresh_offer(turn)
        counter = part.data.get("counter")
        if part.member_id != turn.member_id or not counter:
            raise Refused(_("对方没有向你还价。"), hint=_("刷新页面再看看。"), code="no_counter")
        if not turn.action.params["accept"]:
            return offers.decline_counter(part)
        return deals.strike(turn, part, counter["item"], counter["points"])

    # --- deals -------------------------------------------------------------------------------------

    def on_confirm(self, turn: SwapTurn) -> Decision:
        return deals.confirm(turn)

    def on_cancel(self, turn: SwapTurn) -> Decision:
        return deals.cancel(turn)

    def on_dispute(self, turn: SwapTurn) -> Decision:
        return deals.dispute(turn)

    def on_arbitrate(self, turn: SwapTurn) -> Decision:
        return deals.arbitrate(turn)

    # --- what the engine calls ---------------------------------------------------------------------

    def on_expire(self, turn: SwapTurn) -> Decision:
        entry = turn.entry
        if deal_of(entry) is not None and entry.state == EntryState.MATCHED:
            return deals.run_out(turn)
        if entry.state == EntryState.DISPUTED:
            return deals.wait_for_ruling(turn)
        why = "not_moderated" if entry.state == EntryState.PENDING else "expired"
        return Decision((*release_all(turn, "expired"), ChangeEntry(state=EntryState.FAILED, reason=why)))

    def on_voided(self, turn: SwapTurn) -> Decision:
        """A voided offer gives its points back; the one that is being exchanged undoes the exchange.

        After both have confirmed the things are with their new owners: only rewards are taken back.
        """
        part = turn.action.part
        assert part is not None
        if part.state == PartState.VOID:
            return Decision(())
        if part.state == PartState.PENDING:
            return Decision(tuple(offers.release(turn.entry, [part], "voided")))
        if turn.entry.state in (EntryState.MATCHED, EntryState.DISPUTED):
            return Decision(tuple(deals.undo(turn, "voided")))
        void = ChangePart(part.id, state=PartState.VOID)
        return Decision((void, TakeBack("owner", "voided"), TakeBack("partner", "voided")))

    # --- what is shown -----------------------------------------------------------------------------

    def page(self, turn: SwapTurn) -> Page:
        return swap_page(turn)

    def voices(self, owner_id: int, data: Mapping[str, Any]) -> list[Voice]:
        deal = data.get("deal") or {}
        return voices(owner_id, deal) if deal.get("role") == LISTING else []

    def forecast_shape(self, rules: SwapRules) -> Shape:
        def result(count: int, has_paid: bool) -> Result:
            return Result({"owner": 1, "partner": 1}, won=1) if count else Result()

        return Shape(seats=1, result=result, hours=rules.hours)

    def costs(self, rules: SwapRules, prices: Mapping[str, Decimal]) -> Costs:
        worst = prices.get("owner", Decimal(0)) + prices.get("partner", Decimal(0))
        return Costs(
            best=Decimal("0.00"),
            expected=(worst * Decimal("0.30")).quantize(Decimal("0.01")),
            worst=worst.quantize(Decimal("0.01")),
            assumptions=(
                _("预期：三成物品换成。"),
                _("最坏：件件换成，双方都得奖。积分在成员之间转，不算成本。"),
            ),
        )

    def figures(self, rules: SwapRules, totals: Totals) -> list[Figure]:
        share = 100 * totals.won / totals.entries if totals.entries else 0.0
        return [Figure(_("换成率"), f"{share:.0f}%", _("换成的物品 ÷ 发布的物品。"))]


def release_all(turn: SwapTurn, why: str) -> list[Effect]:
    return offers.release(turn.entry, live_offers(turn.entry), why)


def _shelf_end(turn: SwapTurn) -> datetime:
    return min(turn.now + timedelta(hours=turn.rules.hours), turn.run.closes_at)


def _quota(turn: SwapTurn, member_id: int, amount: int = 1) -> Quota:
    return Quota(
        member_id,
        "list",
        turn.rules.listings_per_member,
        amount=amount,
        code="listing_limit",
        message=_("你在本期的上架次数用完了。"),
    )
