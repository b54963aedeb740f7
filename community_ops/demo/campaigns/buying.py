"""Members who buy: teams for apples and tea, coffee for a friend."""

from datetime import datetime, timedelta
from functools import partial

from apps.campaigns.models import Run
from apps.members.models import Member
from community_ops.demo.campaigns.stage import Stage

#: How many join each team after its leader.
_JOINERS = (2, 1, 2, 2, 0, 1, 2, 1, 2, 2, 1, 1, 2)
_TEA = (1, 1, 0, 1, 1, 1, 0, 1)
#: What becomes of each gift: claimed (hours later), left to expire (0), or never paid (-1).
_GIFTS = (2, 5, 0, 1, 8, 0, 3, -1, 6, 1, 4, 0, 2)


def apples(stage: Stage, run: Run, opened: datetime) -> None:
    """Teams that filled up, teams that did not in time, some that lack one, one buyer alone, one unpaid seat."""
    leaders = stage.regulars[100:]
    starts = stage.moments(len(_JOINERS), opened, stage.ago(minutes=50))
    for leader, start, joiners in zip(leaders, starts, _JOINERS, strict=False):
        stage.at(start, partial(_team, stage, run, leader, joiners, timedelta(hours=9)))
    loner = stage.regulars[100 + len(_JOINERS)]
    stage.at(stage.ago(hours=7), partial(_alone, stage, run, loner))
    late = stage.regulars[102 + len(_JOINERS)]
    stage.at(stage.ago(minutes=26), partial(_team, stage, run, late, 1, timedelta(minutes=12)))
    stage.at(stage.ago(minutes=3), partial(_sit_down, stage, late))


def tea(stage: Stage, run: Run, opened: datetime) -> None:
    """One evening's two hours."""
    leaders = stage.regulars[140:]
    starts = stage.moments(len(_TEA), opened + timedelta(minutes=1), opened + timedelta(minutes=90))
    for leader, start, joiners in zip(leaders, starts, _TEA, strict=False):
        stage.at(start, partial(_team, stage, run, leader, joiners, timedelta(minutes=20)))


def _team(stage: Stage, run: Run, leader: Member, joiners: int, within: timedelta, at: datetime) -> None:
    code = stage.open(run, leader, at)
    if not code:
        return
    stage.at(at + timedelta(minutes=1), lambda moment: stage.pay(code, leader, moment))
    seated = {leader.pk}
    until = min(at + within, stage.ago(minutes=4))
    for moment in stage.moments(joiners, at + timedelta(minutes=2), max(until, at + timedelta(minutes=3))):
        stage.at(moment, partial(_join, stage, code, seated))


def _join(stage: Stage, code: str, seated: set[int], at: datetime) -> None:
    member = stage.regular(seated)
    seated.add(member.pk)
    if stage.act(code, "join", member, at) is not None:
        stage.at(at + timedelta(minutes=1), lambda moment: stage.pay(code, member, moment))


def _alone(stage: Stage, run: Run, member: Member, at: datetime) -> None:
    code = stage.open(run, member, at, alone=True)
    stage.at(at + timedelta(minutes=1), lambda moment: stage.pay(code, member, moment))


def _sit_down(stage: Stage, leader: Member, at: datetime) -> None:
    """A seat that is taken and not paid for yet."""
    code = leader.entries.order_by("-pk").values_list("code", flat=True)[0]
    stage.act(code, "join", stage.regular({leader.pk}), at)


def coffee(stage: Stage, run: Run, opened: datetime) -> None:
    """Gifts claimed by friends, unclaimed ones that come back with their money, one order never paid."""
    starts = stage.moments(len(_GIFTS), opened, stage.ago(minutes=40))
    for sender, start, fate in zip(stage.regulars[160:], starts, _GIFTS, strict=False):
        stage.at(start, partial(_send, stage, run, sender, fate))


def _send(stage: Stage, run: Run, sender: Member, fate: int, at: datetime) -> None:
    code = stage.open(run, sender, at, blessing="周末愉快，请你喝一杯。")
    if fate < 0:
        return
    stage.at(at + timedelta(minutes=2), lambda moment: stage.pay(code, sender, moment))
    if fate:
        stage.at(at + timedelta(hours=fate), partial(_claim, stage, code, sender))


def _claim(stage: Stage, code: str, sender: Member, at: datetime) -> None:
    friend = stage.newcomer(at) or stage.regular({sender.pk})
    stage.act(code, "claim", friend, at)
