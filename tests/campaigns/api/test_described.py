"""The API describes itself whole, and a new mechanic's verbs appear in it by themselves."""

import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from apps.accounts.enums import Role
from apps.campaigns import mechanics
from apps.campaigns.api.described import members_verbs
from apps.campaigns.mechanics import registry
from apps.campaigns.mechanics.registry import all_mechanics
from tests.campaigns.factories import make_member, make_run

EIGHTH = '''
"""掷 dice: for this test only."""

from dataclasses import dataclass
from decimal import Decimal

from apps.campaigns.mechanics.base import (
    AddPart, Button, ChangeEntry, Costs, Decision, Mechanic, Page, Param, ParamKind, Rules, Verb, Who, rule,
)
from apps.campaigns.enums import EntryState


@dataclass(frozen=True, kw_only=True)
class DiceRules(Rules):
    sides: int = rule("面数", default=6, minimum=2, maximum=100, why="骰子有几面。")


class Dice(Mechanic[DiceRules]):
    key = "dice"
    label = "掷骰子"
    mark = "掷"
    icon = "casino"
    purpose = "试试手气。"
    typical = ("人人都玩",)
    compliance = "只作测试。"
    entry_word = "局"
    part_word = "一掷"
    rules_type = DiceRules
    verbs = (
        Verb("sit", "坐下", Who.ANYONE, opens=True),
        Verb("throw", "掷一次", Who.OTHERS, params=(Param("bet", "押几点", ParamKind.INTEGER, least=1, most=6),)),
    )

    def slots(self, rules):
        return []

    def on_sit(self, turn):
        return Decision((ChangeEntry(state=EntryState.OPEN, data={}),))

    def on_throw(self, turn):
        face = turn.rng.randint(1, turn.rules.sides)
        return Decision((AddPart(turn.member_id, "throw"),), {"face": face, "bet": turn.action.params["bet"]})

    def page(self, turn):
        return Page(mood="before" if turn.state is None else "friend", headline="掷骰子",
                    buttons=(Button("throw", "掷一次"),) if turn.state else ())

    def costs(self, rules, prices):
        return Costs(best=Decimal(0), expected=Decimal(0), worst=Decimal(0))


MECHANIC = Dice()
'''


@pytest.fixture
def eighth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A real file on the package's path: nothing else changes."""
    (tmp_path / "dice.py").write_text(EIGHTH, encoding="utf-8")
    monkeypatch.setattr(mechanics, "__path__", [*mechanics.__path__, str(tmp_path)])
    registry.all_mechanics.cache_clear()
    yield
    sys.modules.pop("apps.campaigns.mechanics.dice", None)
    if hasattr(mechanics, "dice"):
        delattr(mechanics, "dice")
    monkeypatch.undo()
    registry.all_mechanics.cache_clear()


def operation(path: str, method: str = "post") -> dict:
    return SchemaGenerator().get_schema(public=True)["paths"][f"/api/v1{path}"][method]


def shapes(path: str) -> dict[str, dict]:
    body = operation(path)["requestBody"]["content"]["application/json"]["schema"]
    return {shape["title"]: shape for shape in body["anyOf"]}


def test_the_description_is_whole(tmp_path, db):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_every_verb_of_members_is_described(db):
    act, start = "/entries/{code}/actions/{verb}", "/runs/{id}/entries"
    assert len(all_mechanics()) >= 4
    for path, opens in ((act, False), (start, True)):
        words, known = operation(path)["description"], shapes(path)
        for mechanic, verb in members_verbs(opens=opens):
            assert f"`{mechanic.key}` | `{verb.key}`" in words
            if verb.params:
                shape = known[f"{mechanic.key}.{verb.key}"]
                assert set(shape["properties"]) == {param.key for param in verb.params}
        for mechanic in all_mechanics().values():
            for verb in mechanic.verbs:
                if verb.who in ("staff", "system"):
                    assert f"{mechanic.key}.{verb.key}" not in known
    headers = {p["name"]: p for p in operation(act)["parameters"] if p["in"] == "header"}
    assert headers["Idempotency-Key"]["required"]
    assert operation(act)["security"] == [{"memberToken": []}]


def test_an_eighth_mechanic_appears_by_itself_and_is_played(eighth, caller):
    shape = shapes("/entries/{code}/actions/{verb}")["dice.throw"]
    assert shape["properties"]["bet"]["maximum"] == 6
    assert "`dice` | `sit`" in operation("/runs/{id}/entries")["description"]
    run = make_run("dice")
    owner, friend = caller(make_member()), caller(make_member())
    assert owner.get(f"/runs/{run.pk}/").json()["mechanic"]["mark"] == "掷"
    code = owner.open(run).json()["code"]
    (button,) = friend.get(f"/entries/{code}/").json()["page"]["buttons"]
    assert button["params"][0]["kind"] == "integer"
    thrown = friend.post(f"/entries/{code}/actions/throw", {"bet": 3}).json()["answer"]
    assert thrown["bet"] == 3
    assert 1 <= thrown["face"] <= 6
    assert friend.post(f"/entries/{code}/actions/throw", {"bet": 7}).json()["field"] == "bet"


def test_the_pages_are_for_staff_and_load_nothing_from_elsewhere(client, make_user, team):
    assert client.get("/api/docs/").status_code == 403
    assert client.get("/api/schema/").status_code == 403
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    page = client.get("/api/docs/").content.decode()
    assert "<script>" not in page
    assert "https://" not in page
    assert client.get("/api/schema/").status_code == 200
