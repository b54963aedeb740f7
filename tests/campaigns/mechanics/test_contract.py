"""What every mechanic must keep, whichever it is: run over the registry, so a new file is held to it by itself."""

import dataclasses
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.functional import Promise
from hypothesis import given, settings
from hypothesis import strategies as st

import apps.campaigns.mechanics as package
from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import (
    Costs,
    Mechanic,
    Page,
    ParamKind,
    Rules,
    ScoreSource,
    Totals,
    Who,
)
from apps.campaigns.mechanics.base.mechanic import SYSTEM_VERBS
from apps.campaigns.mechanics.registry import all_mechanics, get_mechanic, mechanic_choices
from tests.campaigns.mechanics import players
from tests.campaigns.mechanics.drawn_rules import any_rules
from tests.campaigns.mechanics.world import World

ALL = list(all_mechanics().values())
DOCS = Path(__file__).parents[3] / "docs" / "guide" / "mechanics"
MOODS = {"before", "open", "mine", "friend", "nearly", "done", "failed", "ended"}
CENT = Decimal("0.01")

each = pytest.mark.parametrize("mechanic", ALL, ids=lambda mechanic: mechanic.key)


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    with translation.override("zh-hans"):
        yield


def test_registry_lists_mechanics_in_the_order_of_their_marks() -> None:
    marks = [mechanic.mark for mechanic in ALL if mechanic.mark in "拼帮送砍券比换"]
    assert marks == sorted(marks, key="拼帮送砍券比换".index)
    assert len({mechanic.mark for mechanic in ALL}) == len(ALL)
    assert [key for key, _label in mechanic_choices()] == [mechanic.key for mechanic in ALL]
    assert all(get_mechanic(mechanic.key) is mechanic for mechanic in ALL)


# --- words ---------------------------------------------------------------------------------------------


@each
def test_words_are_there_and_translate_when_shown(mechanic: Mechanic[Any]) -> None:
    assert re.fullmatch(r"[a-z][a-z_]{1,30}", mechanic.key)
    assert re.fullmatch(r"[a-z0-9_]+", mechanic.icon)
    assert len(mechanic.mark) == 1
    words = [mechanic.label, mechanic.purpose, mechanic.compliance, mechanic.entry_word, mechanic.part_word]
    words += [*mechanic.typical, *([mechanic.stock_word] if mechanic.stock_word else [])]
    for verb in mechanic.verbs:
        words += [verb.label, *(param.label for param in verb.params)]
        words += [param.help for param in verb.params if param.help]
    for item in mechanic.rules_type.described():
        words += [item["label"], item["help"], *(label for _key, label in item["choices"])]
        words += [item["unit"]] if item["unit"] else []
    assert mechanic.typical
    for word in words:
        assert isinstance(word, Promise), f"{word!r} is translated once and for all at import"
        assert str(word).strip()


@each
def test_labels_fit_on_a_phone(mechanic: Mechanic[Any]) -> None:
    labels = [mechanic.label, mechanic.entry_word, mechanic.part_word]
    labels += [verb.label for verb in mechanic.verbs]
    labels += [item["label"] for item in mechanic.rules_type.described()]
    labels += [slot.label for slot in mechanic.slots(mechanic.rules_type())]
    assert [str(label) for label in labels if len(str(label)) > 12] == []


# --- verbs ---------------------------------------------------------------------------------------------


@each
def test_verbs_have_methods_and_one_opens(mechanic: Mechanic[Any]) -> None:
    keys = [verb.key for verb in mechanic.verbs]
    assert len(keys) == len(set(keys))
    assert not set(keys) & {*SYSTEM_VERBS, "look"}
    for key in [*keys, *SYSTEM_VERBS]:
        assert callable(getattr(mechanic, f"on_{key}"))
    [opening] = [verb for verb in mechanic.verbs if verb.opens]
    assert mechanic.opening == opening
    assert opening.who in (Who.ANYONE, Who.OWNER)
    assert not opening.in_states
    for verb in mechanic.verbs:
        assert mechanic.verb(verb.key) is verb
        assert verb.who != Who.SYSTEM
        assert set(verb.in_states) <= set(EntryState)
        names = [param.key for param in verb.params]
        assert len(names) == len(set(names))
        for param in verb.params:
            assert 0 <= param.least <= param.most
            if param.kind == ParamKind.PART:
                assert param.key == "part", "the engine finds the part under this name"


@each
def test_orders_are_answered(mechanic: Mechanic[Any]) -> None:
    """A mechanic that makes orders says what a payment and a lapse do."""
    if any("OrderSpec(" in text for text in sources(mechanic)):
        assert type(mechanic).on_paid is not Mechanic.on_paid
        assert type(mechanic).on_lapsed is not Mechanic.on_lapsed


@each
def test_source_reads_no_clock_and_no_dice_of_its_own(mechanic: Mechanic[Any]) -> None:
    """C12."""
    for text in sources(mechanic):
        assert not re.search(r"timezone\.now|datetime\.now|utcnow|time\.time|uuid4|secrets|\brandom\.", text)


def sources(mechanic: Mechanic[Any]) -> list[str]:
    """The texts of the mechanic's file, or of its package's files."""
    home = Path(package.__path__[0])
    name = type(mechanic).__module__.removeprefix(f"{package.__name__}.").partition(".")[0]
    files = [home / f"{name}.py"] if (home / f"{name}.py").exists() else sorted((home / name).glob("*.py"))
    assert files
    return [file.read_text() for file in files]


# --- rules ---------------------------------------------------------------------------------------------


@each
def test_default_rules_load_and_come_back_from_json(mechanic: Mechanic[Any]) -> None:
    rules = mechanic.rules_type.load({})
    assert rules == mechanic.rules_type()
    assert mechanic.rules_type.load(json.loads(json.dumps(rules.dump()))) == rules
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(rules, mechanic.rules_type.described()[0]["name"], None)
    labels = [str(item["label"]) for item in mechanic.rules_type.described()]
    assert len(labels) == len(set(labels))


@each
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_any_rules_keep_what_is_promised(mechanic: Mechanic[Any], data: st.DataObject) -> None:
    rules = data.draw(any_rules(mechanic))
    assert mechanic.rules_type.load(json.loads(json.dumps(rules.dump()))) == rules
    slots = mechanic.slots(rules)
    keys = [slot.key for slot in slots]
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,39}", key) for key in keys)
    assert all(str(slot.label).strip() for slot in slots)
    assert {prize.slot for prize in mechanic.prizes(rules)} <= set(keys)
    assert all(1 <= prize.first <= prize.last for prize in mechanic.prizes(rules))
    assert mechanic.is_ranked or not mechanic.prizes(rules)
    assert mechanic.score_source(rules) in {None, *ScoreSource}
    assert mechanic.floor_score(rules) >= 0
    assert mechanic.review_hours(rules) >= 0
    assert isinstance(mechanic.voids_leavers(rules), bool)
    price = st.decimals(0, 500, places=2)
    check_costs(mechanic, rules, {})
    check_costs(mechanic, rules, {key: data.draw(price) for key in keys})


def check_costs(mechanic: Mechanic[Any], rules: Rules, prices: dict[str, Decimal]) -> None:
    costs = mechanic.costs(rules, prices)
    assert isinstance(costs, Costs)
    assert 0 <= costs.best <= costs.expected <= costs.worst
    assert all(figure == figure.quantize(CENT) for figure in (costs.best, costs.expected, costs.worst))
    assert all(str(text).strip() for text in costs.assumptions)


@each
def test_figures_stand_before_anything_has_happened(mechanic: Mechanic[Any]) -> None:
    busy = Totals(entries=7, live_entries=1, won=3, failed=2, parts=9, members=8, score_sum=Decimal("12.50"))
    for totals in (Totals(), busy):
        for figure in mechanic.figures(mechanic.rules_type(), totals):
            assert str(figure.label)
            assert figure.value
            assert not re.search("nan|inf", figure.value, re.IGNORECASE)


# --- play ----------------------------------------------------------------------------------------------


@each
@settings(deadline=None, max_examples=40)
@given(data=st.data(), steps=players.STEPS, seed=st.integers(0, 999))
def test_any_play_is_decided_shown_and_ended(
    mechanic: Mechanic[Any], data: st.DataObject, steps: list[tuple[str, int, int, int]], seed: int
) -> None:
    """Any order of verbs, payments, lapses, voids and clocks: decided purely (C12, by the world), inside stock and
    capacity (C1, C5, by the world), shown to everybody, and over when its time is over, with nothing left hanging."""
    w = players.fresh_world(mechanic, data.draw(any_rules(mechanic)), seed=seed)
    check_pages(w, None)
    for step in [("open", 0, 1, 0), *steps]:
        players.play(w, players.Step(*step))
        check(w)
    players.finish(w)
    check(w)
    if not mechanic.is_ranked:  # the engine itself ends ranked entries
        unsettled = {w.state(number).state for number in w.entries} - {EntryState.DISPUTED}
        assert unsettled <= {EntryState.WON, EntryState.FAILED, EntryState.CANCELLED}
    if EntryState.DISPUTED not in {w.state(number).state for number in w.entries}:
        assert players.open_orders(w) == []
        assert w.reserved == 0


@each
def test_plays_reach_every_verb(mechanic: Mechanic[Any]) -> None:
    """Plays are worth something: the mechanic is asked every verb in some of them."""
    wanted = {verb.key for verb in mechanic.verbs} | {"expire", "voided"}
    reached = players.explore(mechanic, wanted)
    assert wanted <= reached, f"never asked: {sorted(wanted - reached)}"


@each
def test_pages_stand_in_every_state_for_everybody(mechanic: Mechanic[Any]) -> None:
    w = players.fresh_world(mechanic, mechanic.rules_type())
    check_pages(w, None)
    for member in (1, 2):
        players.play(w, players.Step("open", 0, member, 0))
    assert w.entries
    for number in range(len(mechanic.verbs)):
        players.play(w, players.Step("verb", 0, 2, number))
    for late in (False, True):
        if late:
            w.now = w.run.closes_at
        for state in EntryState:
            check_pages(w, 1, state)


def check(w: World) -> None:
    assert min(w.points.values(), default=0) >= 0
    for number in w.entries:
        check_pages(w, number)


def check_pages(w: World, entry: int | None, state: EntryState | None = None) -> None:
    """``state``: show the entry as if it were in it, reachable or not; then buttons are not judged."""
    owner = w.state(entry).owner_id if entry else None
    contributors = {part.member_id for part in w.live_parts(entry)} if entry else set()
    for viewer in {owner, players.GUEST, 5, 99, *contributors}:
        page = players.look(w, entry, viewer, state)
        assert page.mood in MOODS
        assert str(page.headline).strip()
        assert page.done >= 0
        assert page.goal >= 0
        assert all(str(line).strip() for line in page.lines)
        assert all(str(button.label).strip() and w.mechanic.verb(button.verb) for button in page.buttons)
        if state is None:
            check_buttons(w, entry, viewer, page)


def check_buttons(w: World, entry: int | None, viewer: int | None, page: Page) -> None:
    """What can be pressed is what the engine lets this viewer do now."""
    for button in page.buttons:
        verb = w.mechanic.verb(button.verb)
        if button.why_not or verb.opens:
            continue
        assert entry is not None
        assert verb.who != Who.STAFF, "members are not offered what staff do"
        assert players.offered(verb, w.state(entry), viewer), (
            f"{verb.key} is shown where the engine refuses it"
        )
        assert verb.after_close or w.now < w.run.closes_at, f"{verb.key} is shown after the window"


# --- the operator's page ------------------------------------------------------------------------------


@each
def test_operator_page_explains_every_rule(mechanic: Mechanic[Any]) -> None:
    page = (DOCS / f"{mechanic.key}.md").read_text()
    for heading in ("适合什么", "怎么玩", "规则", "问题", "合规", "例子|算.*账|的账"):
        assert re.search(rf"^##+ .*{heading}", page, re.MULTILINE), f"no section about {heading}"
    for item in mechanic.rules_type.described():
        assert str(item["label"]) in page, f"{item['name']} is not explained"
        row = re.search(rf"^\| *{re.escape(str(item['label']))} *\|([^|]*)\|", page, re.MULTILINE)
        if row and item["kind"] in ("integer", "money"):
            default = str(Decimal(item["default"]).normalize().__format__("f"))
            assert default in row[1].replace(",", ""), f"{item['name']}: the page tells another default"
