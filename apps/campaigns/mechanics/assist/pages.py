"""What an assist shows to its owner, to friends and to guests."""

from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.assist.rules import AssistRules
from apps.campaigns.mechanics.base import Button, Page, State, Turn


def assist_page(turn: Turn[AssistRules]) -> Page:
    """The page for ``turn.action.actor``; progress is helpers, of those the next stage needs."""
    rules, entry = turn.rules, turn.state
    lines = tuple(_("满 %(n)d 人领一档礼品") % {"n": n} for n in rules.stages)
    if entry is None:
        return Page(
            mood="before",
            headline=_("邀请好友助力，满 %(first)d 人就有礼") % {"first": rules.stages[0]},
            goal=Decimal(rules.stages[0]),
            unit=_("人"),
            buttons=(Button("start", _("我要发起")),),
            lines=lines,
            ends_at=turn.run.closes_at,
        )
    page = Page(
        mood="ended",
        headline=_("助力已结束"),
        done=Decimal(entry.count),
        goal=Decimal(_next_stage(rules, entry.count)),
        unit=_("人"),
        lines=lines,
        ends_at=entry.expires_at,
    )
    if entry.state == EntryState.WON:
        text = _("礼品到哪一步了，看下面。") if turn.is_owner else _("谢谢大家帮忙。")
        return replace(page, mood="done", headline=_("助力成功"), text=text)
    if entry.state == EntryState.MATCHED:
        return replace(page, headline=_("时间到了，截图审核中"), text=_("审核完就有结果。"))
    if entry.state in (EntryState.FAILED, EntryState.CANCELLED):
        return replace(page, mood="failed")
    ends = min(entry.expires_at or turn.run.closes_at, turn.run.closes_at)
    if entry.state != EntryState.OPEN or turn.now >= ends:
        return page
    return _open(turn, entry, page)


def _open(turn: Turn[AssistRules], entry: State, page: Page) -> Page:
    rules = turn.rules
    left = _next_stage(rules, entry.count) - entry.count
    if turn.is_owner:
        return replace(
            page,
            mood="nearly" if left == 1 else "mine",
            headline=_("还差 %(left)d 人领下一档") % {"left": left},
            text=_("把链接发给还没来过的朋友。") if rules.is_new_only else _("把链接发给朋友。"),
        )
    if any(part.state == PartState.PENDING for part in entry.mine):
        return replace(page, mood="friend", headline=_("截图已交，等待审核"))
    if entry.mine:
        return replace(page, mood="friend", headline=_("已为 TA 助力，谢谢你"))
    if entry.count + entry.pending_count >= rules.stages[-1]:
        return replace(page, mood="friend", headline=_("助力人数已经满了"), text=_("你可以自己发起一单。"))
    actor = turn.action.actor
    is_known = actor.member_id is not None and not actor.is_new
    why_not = _("这次只有新朋友能助力") if rules.is_new_only and is_known else ""
    return replace(
        page,
        mood="friend",
        headline=_("帮 TA 一把，还差 %(left)d 人") % {"left": left},
        text=_("按说明完成任务，上传截图。") if rules.needs_proof else "",
        buttons=(
            Button("help", _("为 TA 助力"), why_not=why_not, asks=("photos",) if rules.needs_proof else ()),
        ),
    )


def _next_stage(rules: AssistRules, count: int) -> int:
    return next((number for number in rules.stages if number > count), rules.stages[-1])
