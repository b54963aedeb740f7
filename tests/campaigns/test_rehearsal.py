"""The preview: every mechanic shown from its own decisions, whatever its rules."""

from datetime import UTC, datetime

import pytest

from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.selectors.rehearsal import rehearse

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def screens(key, **rules):
    mechanic = all_mechanics()[key]
    return {
        screen.key: screen.page for screen in rehearse(mechanic, mechanic.rules_type.load(rules), now=NOW)
    }


@pytest.mark.parametrize("key", list(all_mechanics()))
def test_every_mechanic_shows_its_beginning_its_friends_and_both_ends(key):
    found = screens(key)
    assert {"before", "mine", "friend", "done", "failed"} <= set(found)
    assert found["before"].mood == "before"
    assert found["before"].buttons
    assert found["failed"].mood in ("failed", "ended")
    assert all(page.headline for page in found.values())


@pytest.mark.parametrize("key", list(all_mechanics()))
def test_the_same_rules_show_the_same_screens(key):
    assert screens(key) == screens(key)


def test_stages_are_shown_as_they_are_typed():
    found = screens("assist", stages=[2, 5])
    assert "2" in found["before"].headline
    assert found["nearly"].mood == "nearly"
    assert found["nearly"].done == 1
    assert found["done"].done == 5


def test_a_long_way_is_shown_from_its_first_steps():
    found = screens("assist", stages=[5_000])
    assert found["done"].mood == "done"
    assert found["helped"].done == 1


def test_a_payment_on_the_way_has_its_screen_and_a_free_one_has_none():
    assert "unpaid" in screens("group_buy")
    assert "unpaid" not in screens("group_buy", price="0.00")


def test_screenshots_are_taken_as_accepted():
    assert screens("assist", stages=[1], needs_proof=True)["done"].done == 1


def test_what_waits_for_staff_is_shown_before_and_after():
    found = screens("swap")
    assert {"pending", "mine"} <= set(found)
