"""Members who ask friends: assists, screenshots, two-sided coupons, bargains."""

from datetime import datetime, timedelta
from functools import partial
from itertools import count

from apps.campaigns.models import Run
from apps.members.models import Member
from community_ops.demo.campaigns.stage import Stage

#: How many friends come, by the owner's place: some none, some all that are needed.
_HELPERS = (3, 1, 5, 8, 2, 0, 7, 3, 2, 8, 4, 1, 2, 7, 2, 1)
_SHOTS = (2, 1, 3, 2, 1, 2)
_FRIENDS = (2, 0, 1, 3, 1, 5, 2, 1, 0, 4, 1, 2, 5, 1, 3, 0, 2, 4)
_CUTS = (5, 2, 5, 1, 5, 4, 5, 3, 5, 0, 4, 5, 2, 4)


def assist(stage: Stage, run: Run, opened: datetime) -> None:
    """Three in five reach a stage; one has been helped from a single phone, five times in four minutes."""
    starts = stage.moments(len(_HELPERS), opened + timedelta(hours=4), stage.ago(hours=1))
    for owner, start, wanted in zip(stage.regulars[:40], starts, _HELPERS, strict=False):
        stage.at(start, partial(_ask, stage, run, owner, "help", wanted, timedelta(hours=20)))
    farmer = stage.regulars[len(_HELPERS)]
    stage.at(stage.ago(hours=3), partial(_farm, stage, run, farmer))


def _ask(
    stage: Stage, run: Run, owner: Member, verb: str, wanted: int, within: timedelta, at: datetime
) -> None:
    code = stage.open(run, owner, at)
    helped: set[int] = set()
    for moment in stage.moments(wanted, at + timedelta(minutes=2), min(at + within, stage.now)):
        stage.at(moment, partial(_come, stage, code, verb, helped))


def _come(stage: Stage, code: str, verb: str, helped: set[int], at: datetime) -> None:
    friend = stage.newcomer(at, helped)
    if friend is not None and code:
        helped.add(friend.pk)
        stage.act(code, verb, friend, at)


def _farm(stage: Stage, run: Run, owner: Member, at: datetime) -> None:
    code = stage.open(run, owner, at)
    helped: set[int] = set()
    for number in range(5):
        friend = stage.newcomer(at, helped)
        if friend is not None:
            helped.add(friend.pk)
            stage.act(code, "help", friend, at + timedelta(seconds=50 * number), device="farm")


def coupon(stage: Stage, run: Run, opened: datetime) -> None:
    """Everybody takes one; a newcomer accepts from one inviter."""
    taken: set[int] = set()
    starts = stage.moments(len(_FRIENDS), opened + timedelta(hours=3), stage.ago(hours=2))
    for owner, start, wanted in zip(stage.regulars[20:], starts, _FRIENDS, strict=False):
        stage.at(start, partial(_invite, stage, run, owner, wanted, taken))


def _invite(stage: Stage, run: Run, owner: Member, wanted: int, taken: set[int], at: datetime) -> None:
    code = stage.open(run, owner, at)
    until = min(at + timedelta(hours=30), stage.now)
    for moment in stage.moments(wanted, at + timedelta(minutes=5), until):
        stage.at(moment, partial(_come, stage, code, "accept", taken))


def screenshots(stage: Stage, run: Run, opened: datetime, *, photos: list[str]) -> None:
    """Older screenshots have been reviewed, one refused; the last hours' wait."""
    serial = count()
    starts = stage.moments(len(_SHOTS), opened, opened + timedelta(hours=20))
    for owner, start, wanted in zip(stage.regulars[60:], starts, _SHOTS, strict=False):
        stage.at(start, partial(_ask_shots, stage, run, owner, wanted, photos, serial))


def _ask_shots(
    stage: Stage,
    run: Run,
    owner: Member,
    wanted: int,
    photos: list[str],
    serial: "count[int]",
    at: datetime,
) -> None:
    code = stage.open(run, owner, at)
    helped = {owner.pk}
    for moment in stage.moments(wanted, at + timedelta(minutes=9), stage.ago(minutes=15)):
        stage.at(moment, partial(_send_shot, stage, code, helped, photos, serial))


def _send_shot(
    stage: Stage, code: str, helped: set[int], photos: list[str], serial: "count[int]", at: datetime
) -> None:
    friend = stage.regular(helped)
    helped.add(friend.pk)
    number = next(serial)
    sent = stage.act(code, "help", friend, at, photos=[photos[number % len(photos)]])
    if sent is not None and number < 6:
        is_good = number != 3
        note = "" if is_good else "截图里看不到店名，请重新拍一张。"
        part = stage.part(code, friend)
        stage.at(
            at + timedelta(minutes=25),
            lambda moment: stage.staff_act(code, "review", moment, part=part, accept=is_good, note=note),
        )


def bargain(stage: Stage, run: Run, opened: datetime) -> None:
    """Those who reach the floor buy, order without paying, or think it over."""
    serial = count()
    starts = stage.moments(len(_CUTS), opened, stage.ago(hours=2))
    for owner, start, wanted in zip(stage.regulars[80:], starts, _CUTS, strict=False):
        stage.at(start, partial(_haggle, stage, run, owner, wanted, serial))


def _haggle(stage: Stage, run: Run, owner: Member, wanted: int, serial: "count[int]", at: datetime) -> None:
    code = stage.open(run, owner, at)
    helped = {owner.pk}
    until = min(at + timedelta(hours=16), stage.ago(minutes=8))
    for moment in stage.moments(wanted, at + timedelta(minutes=1), until):
        stage.at(moment, partial(_cut, stage, code, owner, helped, serial))


def _cut(
    stage: Stage, code: str, owner: Member, helped: set[int], serial: "count[int]", at: datetime
) -> None:
    is_new = stage.dice.random() < 0.5
    friend = (stage.newcomer(at, helped) if is_new else None) or stage.regular(helped)
    helped.add(friend.pk)
    outcome = stage.act(code, "cut", friend, at)
    if outcome is None or outcome.answer["state"] != "matched":
        return
    fate = next(serial) % 3
    if fate == 2:
        return
    bought = at + timedelta(minutes=4)
    stage.at(bought, lambda moment: stage.act(code, "buy", owner, moment))
    if fate == 0:
        stage.at(bought + timedelta(minutes=2), lambda moment: stage.pay(code, owner, moment))
