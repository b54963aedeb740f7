"""Each mechanic on two phones: from a link in a group to what both were promised, by taps alone (issue: Done when)."""

from importlib import import_module

import pytest
from playwright.sync_api import expect

from apps.accounts.models import User
from apps.campaigns.mechanics.registry import all_mechanics
from apps.h5.models import Conversion
from tests.h5.browser.phone import Phone

pytestmark = pytest.mark.browser


def script_of(key: str):
    """What the two do, in ``scripts/<key>.py``: a mechanic without one fails here."""
    return import_module(f"tests.h5.browser.scripts.{key}")


def play_through(script, owner: Phone, friend: Phone, link: str, cashier: User) -> None:
    owner.come(link)
    # The offer and the way in are on the first screen.
    expect(owner.page.get_by_role("heading", level=1)).to_be_in_viewport()
    way_in = owner.page.locator(".go").get_by_role("link")
    expect(way_in).to_be_in_viewport()
    way_in.tap()
    owner.at("play")
    script.begin(owner, cashier)
    owner.at("entry")
    personal = owner.own_link()
    friend.come(personal)
    friend.at("entry")
    script.befriend(friend, owner, cashier)
    script.promised(owner, friend)
    # Who brought whom, and from where: by the links, never by what anybody said.
    assert owner.member.source == "h5:wecom"
    assert owner.member.inviter_id is None
    assert friend.member.inviter_id == owner.member.pk
    firsts = Conversion.objects.filter(member=owner.member, kind="entry").values_list("first_touch__post_id")
    assert list(firsts) == [(7,)]


@pytest.mark.parametrize("key", sorted(all_mechanics()))
def test_two_phones_from_the_groups_link_to_what_was_promised(key, phone, group_link, cashier) -> None:
    script = script_of(key)
    play_through(script, phone(), phone(), group_link(script.make()), cashier)
