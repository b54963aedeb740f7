"""What members see of a listing."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import Button, Page, Part, State, Voice
from apps.campaigns.mechanics.base.rules import Text
from apps.campaigns.mechanics.swap.facts import (
    ITEM,
    SwapTurn,
    complaints_of,
    deal_of,
    is_stale,
    live_offers,
    own_offer,
    title_of,
)
from apps.campaigns.mechanics.swap.rules import SwapRules


def swap_page(turn: SwapTurn) -> Page:
    """The shelf before one's own listing, or one listing, for one viewer."""
    entry = turn.state
    if entry is None:
        return _before(turn)
    page = Page(
        mood="open",
        headline=title_of(entry),
        text=str(entry.data.get("description") or ""),
        done=Decimal(entry.pending_count),
        unit=_("个报价"),
        lines=tuple(_wishes(entry)),
        ends_at=entry.expires_at,
    )
    match entry.state:
        case EntryState.PENDING:
            return _waiting(turn, page)
        case EntryState.OPEN:
            return _owner(turn, entry, page) if turn.is_owner else _visitor(turn, entry, page)
        case EntryState.MATCHED | EntryState.DISPUTED:
            return _matched(turn, entry, page)
        case EntryState.WON:
            return replace(page, mood="done", text=_("已经换成，祝你们都喜欢。"), ends_at=None)
    return _ended(turn, entry, page)


def _before(turn: SwapTurn) -> Page:
    rules = turn.rules
    ways: list[Text] = []
    if rules.allows_items:
        ways.append(_("用一件自己上架的物品来换"))
    if rules.allows_points:
        ways.append(_("用积分来换，没换成全数退回"))
    if rules.allows_text:
        ways.append(_("留言说说你拿什么换"))
    ways.append(_("谈妥后双方都确认收到，才算换成"))
    return Page(
        mood="before",
        headline=_("家里用不上的，换成你想要的"),
        text=_("发布后先由运营审核。") if rules.needs_moderation else "",
        buttons=(Button("list", _("发布一件闲置"), asks=_list_asks(rules)),),
        lines=tuple(ways),
        ends_at=turn.run.closes_at,
    )


def _list_asks(rules: SwapRules) -> tuple[str, ...]:
    return ("title", "photos", "description", "wishes", *(("points",) if rules.allows_points else ()))


def _offer_asks(rules: SwapRules) -> tuple[str, ...]:
    item = ("item",) if rules.allows_items else ()
    points = ("points",) if rules.allows_points else ()
    return (*item, *points, "note")


def _waiting(turn: SwapTurn, page: Page) -> Page:
    is_going = turn.now < turn.run.closes_at
    if turn.is_owner:
        return replace(
            page,
            mood="mine",
            text=_("审核中，通过后大家就能看到。"),
            buttons=(Button("unlist", _("不发了"), is_primary=False),) if is_going else (),
        )
    # What nobody has looked at is shown to nobody else.
    return replace(page, headline=_("这件物品还在审核"), text="", lines=())


def _owner(turn: SwapTurn, entry: State, page: Page) -> Page:
    offers = live_offers(entry)
    buttons: list[Button] = []
    text: Text = _("还没有人报价，把链接发到群里看看。")
    if offers:
        text = _("选一个报价接受，其他人的积分会马上退回。")
        buttons = [
            Button("accept", _("接受报价")),
            Button("counter", _("还价"), is_primary=False, asks=("part", *_offer_asks(turn.rules))),
            Button("turn_down", _("谢绝"), is_primary=False),
        ]
    buttons.append(Button("unlist", _("下架"), is_primary=False))
    lines = (*page.lines, *(_offer_line(turn, part) for part in offers))
    return replace(page, mood="mine", text=text, buttons=tuple(buttons), lines=lines)


def _visitor(turn: SwapTurn, entry: State, page: Page) -> Page:
    mine = own_offer(entry)
    if mine is None:
        return replace(
            page, mood="friend", buttons=(Button("offer", _("我来换"), asks=_offer_asks(turn.rules)),)
        )
    lines = (*page.lines, _offer_line(turn, mine))
    withdraw = Button("withdraw", _("取回报价"), is_primary=False)
    counter = mine.data.get("counter")
    if is_stale(turn, mine):
        return replace(
            page, mood="friend", text=_("你的报价过期了，可以取回再报。"), buttons=(withdraw,), lines=lines
        )
    if counter:
        asked = _("物主还价：%(terms)s") % {"terms": _terms(counter)}
        return replace(
            page,
            mood="friend",
            text=asked,
            buttons=(Button("answer", _("回复还价")), withdraw),
            lines=lines,
        )
    return replace(page, mood="friend", text=_("已报价，等物主答复。"), buttons=(withdraw,), lines=lines)


def _matched(turn: SwapTurn, entry: State, page: Page) -> Page:
    deal = deal_of(entry) or {}
    viewer = turn.action.actor.member_id
    if viewer is None or viewer not in (entry.owner_id, deal.get("partner")):
        return replace(page, mood="ended", text=_("已经谈妥，正在交接。"), ends_at=None)
    if entry.state == EntryState.DISPUTED:
        return _disputed(viewer, deal, page)
    if deal.get("role") == ITEM:
        text = _("正在交换。请到编号 %(code)s 的物品页确认收到。") % {"code": deal.get("with")}
        return replace(page, mood="mine", text=text)
    confirmed = deal.get("confirmed") or []
    late = [Button("dispute", _("申诉"), is_primary=False)]
    if not confirmed:
        late.insert(0, Button("cancel", _("取消交换"), is_primary=False))
    if viewer in confirmed:
        return replace(page, mood="nearly", text=_("你已确认，等对方确认。"), buttons=tuple(late))
    return replace(
        page,
        mood="nearly",
        text=_("已经谈妥。约好交接，收到以后再确认。"),
        buttons=(Button("confirm", _("确认收到")), *late),
    )


def _disputed(viewer: int, deal: Mapping[str, Any], page: Page) -> Page:
    page = replace(page, mood="mine", text=_("客服正在处理，积分先由平台保管。"), ends_at=None)
    if deal.get("role") == ITEM:
        text = _("客服正在处理，积分先由平台保管。想说明情况，请到编号 %(code)s 的物品页。")
        return replace(page, text=text % {"code": deal.get("with")})
    if viewer in complaints_of(deal):
        return page
    return replace(page, buttons=(Button("dispute", _("说明情况"), is_primary=False),))


def voices(owner_id: int, deal: Mapping[str, Any]) -> list[Voice]:
    """Both sides of an exchange before the person who decides."""
    said, confirmed = complaints_of(deal), deal.get("confirmed") or ()
    sides = ((_("物主"), owner_id), (_("换家"), deal["partner"]))
    return [
        Voice(role, member, said.get(member, ""), (_("已确认收到"),) if member in confirmed else ())
        for role, member in sides
    ]


def _ended(turn: SwapTurn, entry: State, page: Page) -> Page:
    note = str(entry.data.get("note") or "")
    page = replace(page, ends_at=None)
    if turn.is_owner and entry.state == EntryState.CANCELLED and note:
        return replace(page, mood="failed", text=_("没有通过审核：%(note)s") % {"note": note})
    if turn.is_owner:
        return replace(page, mood="failed", text=_("已经下架，没有换成。"))
    return replace(page, mood="ended", headline=_("这件物品已经下架"), text="", lines=())


def _wishes(entry: State) -> list[Text]:
    lines: list[Text] = []
    if entry.data.get("wishes"):
        lines.append(_("想换：%(wishes)s") % {"wishes": entry.data["wishes"]})
    if entry.data.get("points"):
        lines.append(_("或者 %(points)s 积分") % {"points": entry.data["points"]})
    return lines


def _offer_line(turn: SwapTurn, part: Part) -> Text:
    words = {"number": part.id, "terms": _terms(part.data)}
    if is_stale(turn, part):
        return _("报价 %(number)d（已过期）：%(terms)s") % words
    return _("报价 %(number)d：%(terms)s") % words


def _terms(terms: Mapping[str, Any]) -> str:
    """物品 E3 + 50 积分 · 留言."""
    things = []
    if terms.get("item"):
        things.append(str(_("物品 %(code)s") % {"code": terms["item"]}))
    if terms.get("points"):
        things.append(str(_("%(points)s 积分") % {"points": terms["points"]}))
    words = " + ".join(things)
    if terms.get("note"):
        words = f"{words} · {terms['note']}" if words else str(terms["note"])
    return words
