"""An eighth mechanic in one new file, as somebody would add it: written to a folder of its own, found by the registry,
gone after the test."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.campaigns import mechanics
from apps.campaigns.mechanics.registry import all_mechanics

KEY = "wave"
SOURCE = '''
"""招 wave: whoever waves first is greeted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import (
    AddPart, Button, ChangeEntry, Costs, Decision, Give, Mechanic, Page, Refused, Rules, Slot, Turn, Verb, Who, rule,
)


@dataclass(frozen=True, kw_only=True)
class WaveRules(Rules):
    waves: int = rule("挥手人数", default=2, minimum=1, maximum=9, why="几个人挥手就算成功。", unit="人")
    is_loud: bool = rule("大声一点", default=False, why="只是为了好看。")


class Wave(Mechanic[WaveRules]):
    key = "wave"
    label = "挥手"
    mark = "招"
    icon = "waving_hand"
    purpose = "让老朋友回来打个招呼。"
    typical = ("2 人挥手",)
    compliance = "只奖励回来的人。"
    entry_word = "挥手单"
    part_word = "挥手"
    rules_type = WaveRules
    verbs = (Verb("begin", "开始挥手", Who.ANYONE, opens=True), Verb("wave", "挥手", Who.OTHERS))

    def slots(self, rules):
        return [Slot("waver", "发起人", "成功后得到。", is_required=True)]

    def on_begin(self, turn: Turn[WaveRules]) -> Decision:
        ends = min(turn.now + timedelta(hours=24), turn.run.closes_at)
        return Decision((ChangeEntry(state=EntryState.OPEN, expires_at=ends, capacity=turn.rules.waves),))

    def on_wave(self, turn: Turn[WaveRules]) -> Decision:
        if turn.entry.mine:
            raise Refused("你已经挥过手了。", code="already_waved")
        effects = [AddPart(turn.member_id, "wave")]
        if turn.entry.count + 1 >= turn.rules.waves:
            effects += [ChangeEntry(state=EntryState.WON, reason="full"), Give("waver", turn.entry.owner_id, "waver")]
        return Decision(tuple(effects), {"waved": 1})

    def page(self, turn: Turn[WaveRules]) -> Page:
        if turn.state is None:
            return Page(mood="before", headline="来挥挥手", goal=Decimal(turn.rules.waves), unit="人",
                        buttons=(Button("begin", "我先挥"),))
        mood = {EntryState.WON: "done", EntryState.OPEN: "mine" if turn.is_owner else "friend"}
        return Page(mood=mood.get(turn.state.state, "failed"), headline="挥手进行中",
                    done=Decimal(turn.state.count), goal=Decimal(turn.rules.waves), unit="人")

    def costs(self, rules: WaveRules, prices: Mapping[str, Decimal]) -> Costs:
        price = prices.get("waver", Decimal(0))
        return Costs(best=Decimal(0), expected=price / 2, worst=price)


MECHANIC = Wave()
'''


@contextmanager
def eighth_mechanic(folder: Path) -> Iterator[str]:
    """Within it the registry knows one mechanic more; yields its key."""
    (folder / f"{KEY}.py").write_text(SOURCE, encoding="utf-8")
    name = f"{mechanics.__name__}.{KEY}"
    mechanics.__path__.append(str(folder))
    all_mechanics.cache_clear()
    try:
        yield KEY
    finally:
        mechanics.__path__.remove(str(folder))
        sys.modules.pop(name, None)
        if hasattr(mechanics, KEY):
            delattr(mechanics, KEY)
        all_mechanics.cache_clear()
