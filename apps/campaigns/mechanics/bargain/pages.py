"""What a bargain shows to its owner, to friends and to guests."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.bargain.rules import BargainRules
from apps.campaigns.mechanics.base import Button, Page, State, Turn
from apps.campaigns.mechanics.base.rules import Text

type BargainTurn = Turn[BargainRules]


def bargain_page(turn: BargainTurn) -> Page:
    """The page for ``turn.action.actor``; progress is yuan cut off, of all that can be cut off."""
    rules, entry = turn.rules, turn.state
    if entry is None:
        return Page(
            mood="before",
            headline=_("请 %(n)d 位好友各砍一刀，%(floor)s 元带走")
            % {"n": rules.helpers, "floor": f"{rules.floor:.2f}"},
            goal=rules.total,
            unit=_("元"),
            buttons=(Button("start", _("我要砍价")),),
            lines=_terms(rules),
            ends_at=turn.run.closes_at,
        )
    page = Page(
        mood="ended",
        headline=_("砍价已结束"),
        done=entry.score,
        goal=rules.total,
        unit=_("元"),
        lines=_terms(rules),
        ends_at=entry.expires_at,
    )
    if entry.state == EntryState.OPEN:
        return _open(turn, entry, page)
    if entry.state == EntryState.MATCHED:
        return _matched(turn, entry, page)
    if entry.state == EntryState.WON:
        words = _("买到了，谢谢好友帮忙") if turn.is_owner else _("TA 已经买到了")
        return replace(page, mood="done", headline=words)
    if entry.state == EntryState.CANCELLED:
        return replace(page, mood="failed", headline=_("砍价已取消"), text=_("付过的钱会原路退回。"))
    if entry.state == EntryState.FAILED:
        return replace(page, mood="failed", text=_("没有在时间内买下。"))
    return page


def _open(turn: BargainTurn, entry: State, page: Page) -> Page:
    rules = turn.rules
    price = f"{rules.start - entry.score:.2f}"
    left = rules.cut_count - entry.count
    if turn.now >= min(entry.expires_at or turn.run.closes_at, turn.run.closes_at):
        return replace(page, headline=_("砍价时间到了"))
    if turn.is_owner:
        early = Button("buy", _("现价 %(price)s 元买下") % {"price": price}, is_primary=False)
        return replace(
            page,
            mood="nearly" if left == 1 else "mine",
            headline=_("现价 %(price)s 元，还差 %(left)d 刀") % {"price": price, "left": left},
            text=_("找没来过的朋友，一刀砍得更多。") if rules.new_weight > 1 else _("把链接发给朋友。"),
            buttons=(early,) if rules.may_buy_early else (),
        )
    mine = next((part for part in entry.mine if part.kind == "cut"), None)
    if mine is not None:
        words = _("你帮 TA 砍掉了 %(cut)s 元") % {"cut": f"{mine.value:.2f}"}
        return replace(page, mood="friend", headline=words)
    return replace(
        page,
        mood="friend",
        headline=_("帮 TA 砍一刀，现价 %(price)s 元") % {"price": price},
        text=_("还差 %(left)d 刀到底价。") % {"left": left},
        buttons=(Button("cut", _("帮 TA 砍一刀")),),
    )


def _matched(turn: BargainTurn, entry: State, page: Page) -> Page:
    price = f"{turn.rules.start - entry.score:.2f}"
    is_early = entry.data.get("phase") == "early"
    if not turn.is_owner:
        words = _("TA 正在付款") if is_early else _("已经砍到底价了")
        return replace(page, mood="friend", headline=words)
    if entry.expires_at is not None and turn.now >= entry.expires_at:
        return replace(page, headline=_("购买时间过了"))
    if is_early or any(part.kind == "purchase" for part in entry.mine):
        return replace(
            page,
            mood="mine",
            headline=_("订单已生成，请付款"),
            text=_("%(price)s 元，货已经为你留着。") % {"price": price},
        )
    return replace(
        page,
        mood="mine",
        headline=_("砍到底了，%(price)s 元带走") % {"price": price},
        text=_("货已经为你留着，过时会放给别人。"),
        buttons=(Button("buy", _("%(price)s 元买下") % {"price": price}),),
    )


def _terms(rules: BargainRules) -> tuple[Text, ...]:
    """The rules that a member must be able to read before taking part."""
    lines: list[Text] = [
        _("起始价 %(start)s 元，底价 %(floor)s 元")
        % {"start": f"{rules.start:.2f}", "floor": f"{rules.floor:.2f}"},
        _("%(n)d 位好友砍完到底价") % {"n": rules.helpers},
    ]
    if rules.max_cut:
        bounds = {"low": f"{rules.min_cut:.2f}", "high": f"{rules.max_cut:.2f}"}
        lines.append(_("每刀 %(low)s–%(high)s 元") % bounds)
    else:
        lines.append(_("每刀至少 %(low)s 元") % {"low": f"{rules.min_cut:.2f}"})
    if rules.new_weight > 1:
        lines.append(_("新朋友一刀平均顶 %(w)d 刀") % {"w": rules.new_weight})
    lines.append(_("没到底也能按现价买") if rules.may_buy_early else _("砍到底价才能买"))
    lines.append(_("到底后为你留货 %(h)d 小时") % {"h": rules.pay_hours})
    return tuple(lines)
