"""What members see of a contest."""

from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import Button, Page, State, Turn
from apps.campaigns.mechanics.base.rules import Text
from apps.campaigns.mechanics.contest.rules import CHECK_IN, METRICS, ContestRules


def contest_page(turn: Turn[ContestRules]) -> Page:
    """The contest before enrolment, or one entry of it, for one viewer."""
    rules, entry = turn.rules, turn.state
    if entry is None:
        return _before(turn)
    page = Page(
        mood="open",
        headline=_name(rules, entry),
        done=entry.score,
        goal=Decimal(rules.floor_score),
        unit=rules.unit,
        lines=(_("名次以榜单为准，同分先到者在前。"),),
        ends_at=turn.run.closes_at,
    )
    ended = _ended(turn, entry, page)
    if ended is not None:
        return ended
    if any(part.kind == "seat" for part in entry.mine):
        return _mine(turn, entry, page)
    if not rules.is_team:
        return replace(page, mood="friend", text=_("为 TA 加油，也可以自己报名。"))
    left = rules.team_size - entry.count - entry.pending_count
    if left <= 0:
        return replace(page, mood="friend", text=_("这支队伍已经满员，可以自己建一队。"))
    if not is_enrolling(turn):
        return replace(page, mood="friend", text=_("报名已经截止。"))
    return replace(
        page,
        mood="friend",
        text=_("还有 %(left)d 个位置，加入一起比。") % {"left": left},
        buttons=(Button("join", _("加入队伍")),),
    )


def is_enrolling(turn: Turn[ContestRules]) -> bool:
    """May one still enrol or join?"""
    hours = turn.rules.enrol_hours
    return not hours or (turn.now - turn.run.opens_at).total_seconds() < hours * 3600


def tier_label(first: int, last: int) -> Text:
    """第 1 名, 第 2–10 名."""
    if first == last:
        return _("第 %(rank)d 名") % {"rank": first}
    return _("第 %(first)d–%(last)d 名") % {"first": first, "last": last}


def _before(turn: Turn[ContestRules]) -> Page:
    rules = turn.rules
    what = METRICS[rules.metric][0]
    lines: list[Text] = [_("%(tier)s有奖") % {"tier": tier_label(first, last)} for first, last in rules.ranks]
    if rules.floor_score:
        lines.append(_("满 %(floor)d %(unit)s才能领奖") % {"floor": rules.floor_score, "unit": rules.unit})
    lines.append(_("同分时，先到这个分数的在前"))
    return Page(
        mood="before",
        headline=_("组队比一比：%(what)s") % {"what": what}
        if rules.is_team
        else _("比一比：%(what)s") % {"what": what},
        goal=Decimal(rules.floor_score),
        unit=rules.unit,
        buttons=(
            Button(
                "enrol",
                _("我来建队") if rules.is_team else _("我要报名"),
                asks=("name",) if rules.is_team else (),
            ),
        )
        if is_enrolling(turn)
        else (),
        text="" if is_enrolling(turn) else _("报名已经截止。"),
        lines=tuple(lines),
        ends_at=turn.run.closes_at,
    )


def _mine(turn: Turn[ContestRules], entry: State, page: Page) -> Page:
    rules = turn.rules
    missing = Decimal(rules.floor_score) - entry.score
    text: Text = _("已经到了起评分，继续往前冲。")
    if missing > 0:
        text = _("离起评分还差 %(missing)s %(unit)s。") % {"missing": f"{missing.normalize():f}", "unit": rules.unit}
    buttons = []
    if rules.metric == CHECK_IN:
        buttons.append(Button("check_in", _("今天打卡")))
    if all(part.kind == "seat" for part in entry.mine):
        buttons.append(Button("leave", _("退队") if rules.is_team else _("退赛"), is_primary=False))
    return replace(page, mood="mine", text=text, buttons=tuple(buttons))


def _ended(turn: Turn[ContestRules], entry: State, page: Page) -> Page | None:
    if entry.state == EntryState.WON:
        return replace(page, mood="done", text=_("恭喜得奖，礼品在“我的礼品”里。"))
    if entry.state == EntryState.FAILED:
        return replace(page, mood="ended", text=_("这次没有得奖，谢谢参加。"))
    if entry.state == EntryState.CANCELLED:
        return replace(page, mood="ended", text=_("已经退出比赛。"))
    if turn.now >= turn.run.closes_at:
        return replace(page, mood="ended", text=_("比赛截止，成绩公示中。有疑问请联系客服。"))
    return None


def _name(rules: ContestRules, entry: State) -> Text:
    if rules.is_team:
        return str(entry.data.get("name") or _("未命名的队伍"))
    return _("参赛成绩")
