"""The form of rules that is made from their description."""

from decimal import Decimal

import pytest
from django.http import QueryDict

from apps.campaigns.admin.rule_inputs import (
    as_json,
    nearest_rules,
    rules_in_words,
    shown_values,
    typed_values,
)
from apps.campaigns.mechanics.registry import all_mechanics, get_mechanic


def posted(values):
    data = QueryDict(mutable=True)
    for name, value in values.items():
        if isinstance(value, list):
            data.setlist(f"rule.{name}.a", [first for first, _second in value])
            data.setlist(f"rule.{name}.b", [second for _first, second in value])
        elif value is not False:
            data[f"rule.{name}"] = "on" if value is True else value
    return data


@pytest.mark.parametrize("key", list(all_mechanics()))
def test_rules_shown_and_posted_again_are_the_same_rules(key):
    rules_type = all_mechanics()[key].rules_type
    shown = shown_values(rules_type, {})
    typed = typed_values(rules_type, posted(shown))
    assert rules_type.load(as_json(rules_type, typed)) == rules_type()
    assert len(rules_in_words(rules_type())) == len(shown)


def test_numbers_may_be_typed_as_people_type_them():
    rules_type = get_mechanic("group_buy").rules_type
    typed = shown_values(rules_type, {}) | {
        "size": " 10 ",
        "price": "¥1,059",
        "tiers": [("3", "59"), ("10", "49.9")],
    }
    rules = rules_type.load(as_json(rules_type, typed))
    assert (rules.size, rules.price) == (10, Decimal("1059.00"))
    assert rules.tiers == ((3, Decimal("59.00")), (10, Decimal("49.90")))
    assist = get_mechanic("assist").rules_type
    for text in ("3, 10,30", "3，10、30", " 3 10  30 "):
        values = as_json(assist, shown_values(assist, {}) | {"stages": text})
        assert assist.load(values).stages == (3, 10, 30)


def test_empty_rows_of_a_ladder_are_left_out_and_half_rows_are_not():
    rules_type = get_mechanic("group_buy").rules_type
    data = posted(shown_values(rules_type, {}) | {"size": "10", "tiers": [("", ""), ("3", "59"), ("", "")]})
    assert typed_values(rules_type, data)["tiers"] == [("3", "59")]
    half = posted(shown_values(rules_type, {}) | {"tiers": [("3", "")]})
    assert set(rules_type.check(as_json(rules_type, typed_values(rules_type, half)))) == {"tiers"}


def test_everything_wrong_is_found_at_once_and_the_rest_goes_on():
    rules_type = get_mechanic("assist").rules_type
    data = as_json(
        rules_type, shown_values(rules_type, {}) | {"hours": "", "helps_per_member": "0", "stages": "4"}
    )
    wrong = rules_type.check(data)
    assert set(wrong) == {"hours", "helps_per_member"}
    rules = nearest_rules(rules_type, data, wrong)
    assert (rules.stages, rules.hours, rules.helps_per_member) == ((4,), 72, 3)


def test_stored_rules_with_a_name_that_is_gone_still_open():
    rules_type = get_mechanic("assist").rules_type
    shown = shown_values(rules_type, {"stages": [2], "gone": 1})
    assert shown["stages"] == "2"
    assert "gone" not in shown
