"""Each rule with guilty and innocent; pure, so without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.campaigns.risk.base import Finding
from apps.campaigns.risk.facts import EntryFacts, Habits, Parcel, PartFact
from apps.campaigns.risk.policy import HOLD_FROM, clean_risk, policy_of
from apps.campaigns.risk.registry import all_rules
from apps.core.errors import Invalid

T0 = datetime(2026, 11, 1, 20, tzinfo=UTC)
OWNER = 1


def entry(*parts: PartFact, **fields: Any) -> EntryFacts:
    return EntryFacts(10, 5, OWNER, T0, **fields, parts=parts)


def helper(number: int, *, after: float = 600, **fields: Any) -> PartFact:
    """A helper ``after`` seconds (times its number) from the opening."""
    return PartFact(100 + number, 2 + number, T0 + timedelta(seconds=after * (number + 1)), **fields)


def look(facts: EntryFacts, **risk: Any) -> list[Finding]:
    return policy_of(risk).look(facts)


def total(findings: list[Finding]) -> int:
    return sum(finding.score for finding in findings)


def test_family_of_three_on_one_network_is_innocent() -> None:
    """The owner and two at home, or even three: noted, not held."""
    for size in (2, 3):
        family = [helper(n, ip_hash="home", device_hash=f"phone{n}") for n in range(size)]
        found = look(entry(*family, ip_hash="home", device_hash="mine"))
        assert {finding.rule for finding in found} == {"self_help"}
        assert total(found) == 15 * size < HOLD_FROM


def test_helper_on_the_owners_device_holds() -> None:
    found = look(entry(helper(0, device_hash="mine", ip_hash="home"), device_hash="mine", ip_hash="home"))
    assert [(one.rule, one.part_id, one.member_id, one.score) for one in found] == [("self_help", 100, 2, 60)]


def test_owners_own_seat_tells_the_owners_device() -> None:
    """An entry opened before digests were kept, or opened by staff: the owner's own contribution speaks."""
    own = PartFact(99, OWNER, T0, device_hash="mine")
    assert total(look(entry(own, helper(0, device_hash="mine")))) == HOLD_FROM


def test_unknown_origin_accuses_nobody() -> None:
    assert look(entry(*(helper(n) for n in range(20)))) == []


def test_device_with_three_accounts_holds_and_with_two_does_not() -> None:
    couple = [helper(n, device_hash="tablet", on_device=2) for n in range(2)]
    assert look(entry(*couple)) == []
    three = [helper(n, device_hash="farm", on_device=3) for n in range(3)]
    assert total(look(entry(*three))) == 90
    one_here_many_elsewhere = look(entry(helper(0, device_hash="farm", on_device=9)))
    assert [finding.score for finding in one_here_many_elsewhere] == [90]


def test_crowd_on_one_network_within_minutes() -> None:
    office = [helper(n, after=20, ip_hash="office") for n in range(8)]
    found = look(entry(*office))
    assert {finding.rule for finding in found} == {"burst"}
    assert total(found) == 80
    over_the_day = [helper(n, after=3600, ip_hash="office") for n in range(8)]
    assert look(entry(*over_the_day)) == []
    assert look(entry(*office[:7])) == []


def test_filled_faster_than_a_link_can_be_passed_on() -> None:
    found = look(entry(*(helper(n, after=1.5) for n in range(5))))
    assert [(one.rule, one.score, one.part_id) for one in found] == [("velocity", 60, None)]
    assert look(entry(*(helper(n, after=4) for n in range(5)))) == []
    assert look(entry(*(helper(n, after=1) for n in range(4)))) == []


def test_crowded_minute_alone_does_not_hold() -> None:
    """A popular owner's fans are quick: a hint, not a verdict."""
    fans = [helper(n, after=1.9) for n in range(40)]
    late = EntryFacts(10, 5, OWNER, T0 - timedelta(hours=1), parts=tuple(fans))
    found = look(late)
    assert [(one.rule, one.score) for one in found] == [("velocity", 40)]
    assert total(found) < HOLD_FROM


def test_scores_that_are_collected_have_no_speed() -> None:
    """Orders and invitations come in bulk and are no seats."""
    assert look(entry(*(helper(n, after=0.1, is_seat=False) for n in range(50)))) == []


def test_helpers_who_only_ever_help_the_same_owner() -> None:
    hand = Habits(helped_owner=4, owners=1)
    found = look(entry(*(helper(n, habits=hand) for n in range(3))))
    assert [one.rule for one in found] == ["farm"] * 3
    assert total(found) == HOLD_FROM
    assert look(entry(*(helper(n, habits=hand) for n in range(2)))) == [], "two loyal friends"
    for innocent in (
        Habits(helped_owner=3, owners=1),
        Habits(helped_owner=9, owners=3),
        Habits(helped_owner=9, owners=1, has_opened=True),
    ):
        assert look(entry(*(helper(n, habits=innocent) for n in range(9)))) == []


def test_new_accounts_that_leave() -> None:
    gone = Habits(left_hours=5)
    leavers = [helper(n, is_new=True, is_live=False, habits=gone) for n in range(3)]
    stayers = [helper(n, is_new=True, habits=Habits()) for n in range(3, 7)]
    found = look(entry(*leavers, *stayers))
    assert [one.rule for one in found] == ["leaving"] * 3
    assert total(found) == HOLD_FROM
    assert look(entry(*leavers, *stayers, helper(8, habits=Habits()))) == [], "3 of 8 is under 40%"
    old = [helper(n, habits=gone) for n in range(9)]
    assert look(entry(*old)) == [], "old members may leave"
    later = [helper(n, is_new=True, habits=Habits(left_hours=60)) for n in range(9)]
    assert look(entry(*later)) == []


def test_one_address_for_four_members() -> None:
    found = look(entry(parcels=(Parcel(7, 2, 4),)))
    assert [(one.key, one.score, one.member_id) for one in found] == [("address:grant:7", 60, 2)]
    assert look(entry(parcels=(Parcel(7, 2, 3),))) == []


@pytest.mark.parametrize("key", all_rules())
def test_every_rule_describes_itself_and_may_be_turned_off(key: str) -> None:
    """The wizard renders what ``described`` says; nothing is judged by a hidden number."""
    rule = all_rules()[key]
    assert str(rule.label)
    assert str(rule.help)
    assert str(rule.advice)
    described = {item["name"]: item for item in rule.described()}
    assert described["is_on"]["default"] is True
    assert len(described) >= 3
    assert all(str(item["label"]) and str(item["help"]) for item in described.values())
    assert not policy_of({key: {"is_on": False}}).params[key].is_on
    assert rule.sentence({})


def test_sentences_tell_the_figures() -> None:
    guilty = entry(
        *(
            helper(n, device_hash="d", on_device=3, habits=Habits(4, 1, left_hours=2), is_new=True)
            for n in range(3)
        ),
        device_hash="mine",
        parcels=(Parcel(7, 2, 5),),
    )
    words = {one.rule: all_rules()[one.rule].sentence(one.evidence) for one in look(guilty)}
    assert words == {
        "address": "本期有 5 位成员的礼品寄到这个地址。",
        "burst": "前后 10 分钟，这台设备上有 3 个账号参与。",
        "farm": "60 天里帮了这位发起人 4 单，一共只帮过 1 个人，自己从不发起；本单这样的有 3 人。",
        "leaving": "新成员，参与后 48 小时内退了群；本单 3 人里这样的有 3 人。",
    }


def test_thresholds_of_a_campaign_are_kept_and_checked() -> None:
    kept = clean_risk(
        {
            "hold_from": "80",
            "burst": {"device_members": "5", "minutes": 10},
            "farm": {"is_on": True, "times": 4},
            "leaving": {"is_on": False},
            "unknown": {"x": 1},
        }
    )
    assert kept == {"hold_from": 80, "burst": {"device_members": 5}, "leaving": {"is_on": False}}
    assert clean_risk(kept) == kept
    policy = policy_of(kept)
    assert policy.hold_from == 80
    assert policy.params["burst"].device_members == 5  # type: ignore[attr-defined]
    assert clean_risk(policy.dump()) == kept
    for wrong, field in (
        ({"hold_from": 0}, "risk.hold_from"),
        ({"hold_from": "很多"}, "risk.hold_from"),
        ({"farm": {"times": 1}}, "risk.farm.times"),
        ({"velocity": {"is_on": "on"}}, "risk.velocity.is_on"),
    ):
        with pytest.raises(Invalid) as refused:
            clean_risk(wrong)
        assert refused.value.field == field


def test_what_follows_the_recommendation_is_not_stored() -> None:
    """So that a better recommendation reaches every campaign that did not choose otherwise."""
    assert clean_risk(policy_of({}).dump()) == {}
    assert set(policy_of({}).dump()) == {"hold_from", *all_rules()}


def test_stored_nonsense_takes_the_default_instead_of_failing_a_verb() -> None:
    policy = policy_of({"hold_from": None, "burst": {"device_members": "many"}, "farm": 3})
    assert policy.hold_from == HOLD_FROM
    assert policy.params["burst"].device_members == 3  # type: ignore[attr-defined]
