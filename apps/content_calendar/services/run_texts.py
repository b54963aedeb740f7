"""What the posts of a run say and when. Pure: values in, text out.

The words about the game are the mechanic's own, from the page that members see; a line that our own checks would
flag (superlatives, rewards for sharing) is left out rather than drafted.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.campaigns.mechanics.base import Action, Actor, RunFacts, Turn
from apps.campaigns.selectors.plans import Plan
from apps.campaigns.services.recurrence import moment_in_words
from apps.content_calendar.enums import RunPostKind
from apps.content_calendar.services.variables import RUN_LINK
from apps.content_calendar.services.wording import absolute_words_in, coercion_phrases_in, phone_numbers_in

#: A post about a run that has just begun, or just been settled, comes this much later: somebody has to approve it.
LEAD = timedelta(minutes=30)
#: Nobody's phone rings with results at night.
_MORNING, _EVENING = time(9), time(21)


@dataclass(frozen=True)
class RunWords:
    """A run as its posts speak of it. ``won`` counts entries that succeeded."""

    plan: Plan
    headline: str
    opens_at: datetime
    closes_at: datetime
    timezone: str
    won: int = 0
    is_mini_program: bool = False


def planned_times(*, opens_at: datetime, closes_at: datetime, warn: timedelta) -> dict[RunPostKind, datetime]:
    """When the posts before the end are to go out; no reminder where it would come at the start."""
    times = {RunPostKind.WARMUP: opens_at - timedelta(days=1), RunPostKind.START: opens_at}
    if warn and opens_at < closes_at - warn:
        times[RunPostKind.REMINDER] = closes_at - warn
    return times


def result_time(settled_at: datetime, timezone: str) -> datetime:
    """When the results go out: soon after settlement, between 09:00 and 21:00 on the campaign's clock."""
    wall = (settled_at + LEAD).astimezone(ZoneInfo(timezone))
    if wall.time() < _MORNING:
        return wall.replace(hour=9, minute=0, second=0, microsecond=0)
    if wall.time() >= _EVENING:
        return (wall + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    return wall.replace(second=0, microsecond=0)


def title_of(kind: RunPostKind, words: RunWords, number: int) -> str:
    """For the calendar only."""
    title = _("《%(title)s》第 %(number)d 期：%(kind)s") % {
        "title": words.plan.title,
        "number": number,
        "kind": kind.label,
    }
    return title[:80]


def body_of(kind: RunPostKind, words: RunWords) -> str:
    """The text for the groups. Its only variable is the last word: each group's own link; where the campaign is
    played in a mini-program, no web link is given away."""
    lines = [_plain(line) for line in _LINES[kind](words)]
    door = _("请在小程序里参加。") if words.is_mini_program else f"{_DOORS[kind]}{{{{ {RUN_LINK} }}}}"
    return "\n".join([*(line for line in lines if line), door])


def _plain(text: str) -> str:
    # A brace would be read as one of the post's variables.
    return text.replace("{", "（").replace("}", "）").strip()


def _about(words: RunWords) -> list[str]:
    """What the game is, in the mechanic's words for members."""
    turn = Turn(
        rules=words.plan.rules,
        state=None,
        action=Action("look", Actor()),
        run=RunFacts(words.plan.run_id, words.opens_at, words.closes_at),
        now=words.opens_at,
        rng=Random(0),  # noqa: S311 - looking decides nothing
    )
    page = words.plan.mechanic.page(turn)
    lines = [str(page.headline), str(page.text), *(f"· {line}" for line in page.lines)]
    return [line for line in lines if _is_clean(line)]


def _is_clean(line: str) -> bool:
    return not (absolute_words_in(line) or coercion_phrases_in(line) or phone_numbers_in(line))


def _warmup(words: RunWords) -> list[str]:
    return [
        _("【预告】%(title)s") % {"title": words.plan.title},
        words.headline,
        *_about(words),
        _("开始：%(start)s") % {"start": moment_in_words(words.opens_at, words.timezone)},
        _("结束：%(end)s") % {"end": moment_in_words(words.closes_at, words.timezone)},
        _("想参加的朋友，先定个闹钟。"),
    ]


def _start(words: RunWords) -> list[str]:
    return [
        _("【开始啦】%(title)s") % {"title": words.plan.title},
        words.headline,
        *_about(words),
        _("%(end)s 结束，规则以活动页面为准。") % {"end": moment_in_words(words.closes_at, words.timezone)},
    ]


def _reminder(words: RunWords) -> list[str]:
    return [
        _("【快结束了】%(title)s") % {"title": words.plan.title},
        _("%(end)s 结束，还差一步的朋友抓紧。") % {"end": moment_in_words(words.closes_at, words.timezone)},
        *_about(words)[:1],
    ]


def _result(words: RunWords) -> list[str]:
    lines = [_("【结果】%(title)s 结束了，谢谢大家。") % {"title": words.plan.title}]
    if words.won:
        lines.append(
            _("这一期共 %(won)d 张%(entry)s成功。")
            % {"won": words.won, "entry": words.plan.mechanic.entry_word}
        )
    lines.append(_("礼品和名次以活动页面为准，有疑问请在群里找管理员。"))
    return lines


_LINES = {
    RunPostKind.WARMUP: _warmup,
    RunPostKind.START: _start,
    RunPostKind.REMINDER: _reminder,
    RunPostKind.RESULT: _result,
}
_DOORS = {
    RunPostKind.WARMUP: gettext_lazy("先看看规则："),
    RunPostKind.START: gettext_lazy("从这里参加："),
    RunPostKind.REMINDER: gettext_lazy("从这里参加："),
    RunPostKind.RESULT: gettext_lazy("从这里看结果："),
}
