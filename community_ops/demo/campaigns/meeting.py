"""Members who compete and members who exchange."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from apps.campaigns.models import Run
from apps.members.models import Member
from community_ops.demo.campaigns.stage import Stage

PARTICIPANTS = 60

#: (thing, description, what for, points wished for)
_THINGS = (
    ("露营折叠椅两把", "用过三次，布面干净，收纳袋在。", "露营灯，或者积分", 300),
    ("儿童绘本 20 本", "3–6 岁，有两本封面折角。", "小学桥梁书", 0),
    ("乐高城市系列", "零件齐，说明书在。", "绘本", 0),
    ("空气炸锅 3.5L", "半年新，换了大的。", "积分", 800),
    ("瑜伽垫", "6 毫米，紫色。", "哑铃，或者积分", 150),
    ("电热水壶", "1.7 升，底部有水垢，能洗掉。", "积分", 200),
    ("分装香水小样", "开过封。", "积分", 100),
    ("蓝牙音箱", "音质好，充电口有点松。", "积分", 260),
    ("护眼台灯", "三档亮度，线长 1.5 米。", "插线板，或者积分", 180),
    ("宝宝餐椅", "可折叠，安全带完好。", "积分", 240),
)


def contest(stage: Stage, run: Run, opened: datetime) -> None:
    """Sixty enrol in the first day; their scores come by themselves from whom they bring."""
    starts = stage.moments(PARTICIPANTS, opened, opened + timedelta(hours=24))
    for member, start in zip(stage.regulars, starts, strict=False):
        stage.at(start, partial(stage.open, run, member))


class Bazaar:
    """One listing of each fate: exchanged, being handed over, disputed, haggled about, refused, waiting."""

    def __init__(self, stage: Stage, run: Run, photos: list[str]) -> None:
        self.stage = stage
        self.run = run
        self.photos = photos
        rich = [one for one in stage.regulars if one.points_balance >= 1500]
        self.owners = rich[: len(_THINGS)]
        self.buyers = rich[len(_THINGS) :]
        self.codes: dict[int, str] = {}

    def plan(self, opened: datetime) -> None:
        stage = self.stage
        for number in range(len(_THINGS) - 2):
            listed = opened + timedelta(hours=1 + number)
            stage.at(listed, partial(self._list, number))
            stage.at(listed + timedelta(minutes=35), partial(self._moderate, number))
        for number, minutes in ((8, 70), (9, 20)):
            stage.at(stage.ago(minutes=minutes), partial(self._list, number))
        exchange = opened + timedelta(hours=12)
        self._deal(0, exchange, points=300, confirms=2)
        self._deal(1, exchange + timedelta(hours=20), item=2, confirms=0)
        self._deal(3, exchange + timedelta(hours=3), points=700, confirms=1)
        stage.at(exchange + timedelta(hours=28), self._dispute)
        for number, buyer, points in ((4, 4, 150), (4, 5, 180), (5, 6, 120), (7, 7, 200)):
            stage.at(stage.ago(hours=9 - buyer), partial(self._offer, number, buyer, points=points))
        stage.at(stage.ago(hours=1), self._counter)

    def _list(self, number: int, at: datetime) -> None:
        title, description, wishes, points = _THINGS[number]
        self.codes[number] = self.stage.open(
            self.run,
            self.owners[number],
            at,
            title=title,
            description=description,
            wishes=wishes,
            points=points,
            photos=[self.photos[number % len(self.photos)]],
        )

    def _moderate(self, number: int, at: datetime) -> None:
        is_good = number != 6
        note = "" if is_good else "开封的化妆品和香水不能上架，换一件吧。"
        self.stage.staff_act(self.codes[number], "moderate", at, accept=is_good, note=note)

    def _deal(self, number: int, at: datetime, *, confirms: int, points: int = 0, item: int = -1) -> None:
        """Somebody offers, the owner accepts, and none, one or both confirm."""
        stage, owner = self.stage, self.owners[number]
        buyer = self.owners[item] if item >= 0 else self.buyers[number]
        stage.at(at, lambda moment: self._make(number, buyer, moment, points=points, item=item))
        stage.at(at + timedelta(hours=2), lambda moment: self._accept(number, owner, buyer, moment))
        for place, who in enumerate((buyer, owner)[:confirms]):
            stage.at(
                at + timedelta(hours=6 + place),
                partial(self._confirm, number, who),
            )

    def _offer(self, number: int, buyer: int, at: datetime, *, points: int) -> None:
        self._make(number, self.buyers[buyer], at, points=points)

    def _make(self, number: int, buyer: Member, at: datetime, *, points: int = 0, item: int = -1) -> None:
        terms: dict[str, Any] = {"points": points} if points else {"item": self.codes[item]}
        self.stage.act(self.codes[number], "offer", buyer, at, note="明天就能当面换。", **terms)

    def _accept(self, number: int, owner: Member, buyer: Member, at: datetime) -> None:
        part = self.stage.part(self.codes[number], buyer)
        self.stage.act(self.codes[number], "accept", owner, at, part=part)

    def _confirm(self, number: int, who: Member, at: datetime) -> None:
        self.stage.act(self.codes[number], "confirm", who, at)

    def _dispute(self, at: datetime) -> None:
        self.stage.act(
            self.codes[3],
            "dispute",
            self.owners[3],
            at,
            reason="东西已经给了对方，对方说炸篮少一个，约好的积分还没到账。",
        )

    def _counter(self, at: datetime) -> None:
        part = self.stage.part(self.codes[5], self.buyers[6])
        self.stage.act(
            self.codes[5], "counter", self.owners[5], at, part=part, points=180, note="180 就给你。"
        )
