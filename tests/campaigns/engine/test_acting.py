"""The engine's doors, on assist: who, when, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.campaigns.enums import BenefitKind, EntryState, RunState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import BlockedMember, Contribution, Entry, Grant, MemberAction, Run
from apps.campaigns.services import revoking
from apps.campaigns.services.engine import act_as_staff, act_as_system, open_entry
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.events.models import Event
from apps.members.models import Tag
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start

pytestmark = pytest.mark.django_db


def refused(code: str):
    return pytest.raises(Refused, check=lambda error: error.code == code)


def test_helpers_bring_the_stage_benefit() -> None:
    points = make_benefit(BenefitKind.POINTS, amount=10)
    run = make_run("assist", {"stages": [2]}, slots={"stage_2": points})
    owner = make_member()
    entry = start(run, owner)
    for _ in range(2):
        outcome = play(entry, "help", make_member())
    entry.refresh_from_db()
    assert (entry.state, entry.count, entry.score) == (EntryState.WON, 2, 2)
    assert outcome.answer["state"] == "won"
    owner.refresh_from_db()
    assert owner.points_balance == 10
    assert Grant.objects.get().cost == points.cost
    run.stock.refresh_from_db()
    assert run.stock.granted_cost == points.cost
    kinds = sorted(Event.objects.values_list("kind", flat=True))
    assert kinds.count("campaign.contributed") == 2
    assert {"campaign.entered", "campaign.succeeded", "benefit.granted"} <= set(kinds)


def test_repeat_of_a_key_gets_the_first_answer() -> None:
    """C11."""
    run = make_run("assist", {"stages": [5]})
    entry, helper = start(run, make_member(), key="open-1"), make_member()
    first = play(entry, "help", helper, key="k1")
    again = play(entry, "help", helper, key="k1")
    assert again.is_repeat
    assert (again.answer, again.code) == (first.answer, first.code)
    assert Contribution.objects.count() == 1
    again = start(run, entry.owner, key="open-1")
    assert again.pk == entry.pk
    assert Entry.objects.count() == 1


def test_key_of_another_request_is_refused() -> None:
    """C11: a key stands for one request."""
    run = make_run("assist", {"stages": [5], "helps_per_member": 5})
    helper = make_member()
    play(start(run, make_member()), "help", helper, key="k1")
    with refused("key_reused"):
        play(start(run, make_member()), "help", helper, key="k1")


@pytest.mark.parametrize("key", ["", "x" * 81, "a\nb"])
def test_missing_or_odd_key_is_invalid(key: str) -> None:
    run = make_run("assist")
    with pytest.raises(Invalid):
        open_entry(run_id=run.pk, member_id=make_member().pk, params={}, key=key, now=timezone.now())


def test_refused_action_leaves_nothing_and_may_be_tried_again_with_its_key() -> None:
    run = make_run("assist", {"stages": [5]}, state=RunState.PAUSED)
    member = make_member()
    with refused("paused"):
        start(run, member, key="k1")
    assert not Entry.objects.exists()
    assert not MemberAction.objects.exists()
    run.state = RunState.OPEN
    run.save()
    assert start(run, member, key="k1").state == EntryState.OPEN


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": RunState.SCHEDULED}, "not_open"),
        ({"state": RunState.PAUSED}, "paused"),
        ({"state": RunState.CLOSED}, "ended"),
        ({"state": RunState.CANCELLED}, "ended"),
        ({"opens_at": timezone.now() - timedelta(days=9)}, "ended"),
        ({"opens_at": timezone.now() + timedelta(days=9)}, "not_open"),
    ],
)
def test_outside_of_the_window_nothing_is_opened(fields: dict, code: str) -> None:
    """yudao went on helping after the campaign's end (FIELD): the clock decides, not whether a tick has come."""
    run = make_run("assist", **fields)
    with refused(code):
        start(run, make_member())


def test_expired_entry_takes_no_more_help_before_its_tick() -> None:
    run = make_run("assist", {"stages": [5], "hours": 1})
    entry = start(run, make_member())
    Entry.objects.filter(pk=entry.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with refused("expired"):
        play(entry, "help", make_member())


def test_owner_may_not_help_himself() -> None:
    run = make_run("assist")
    entry = start(run, make_member())
    with refused("own_entry"):
        play(entry, "help", entry.owner)


def test_blocked_member_is_refused() -> None:
    run, member = make_run("assist"), make_member()
    BlockedMember.objects.create(member=member, reason="刷单")
    with refused("blocked"):
        start(run, member)


def test_eligibility_by_tag() -> None:
    tag = Tag.objects.create(name="老客")
    run = make_run("assist", eligibility={"tags": [tag.pk]})
    member = make_member()
    with refused("not_eligible"):
        start(run, member)
    member.tags.add(tag)
    assert start(run, member).pk


def test_unknown_entry_verb_and_member() -> None:
    run = make_run("assist")
    entry = start(run, make_member())
    with refused("unknown_verb"):
        play(entry, "cut", make_member())
    with refused("unknown_verb"):
        play(entry, "review", make_member())
    with refused("unknown_verb"):
        play(entry, "start", make_member())
    entry.code = "nothing"
    with refused("not_found"):
        play(entry, "help", make_member())
    with refused("unknown_member"):
        open_entry(run_id=run.pk, member_id=987_654_321, params={}, key="k", now=timezone.now())
    with refused("not_found"):
        open_entry(run_id=987_654_321, member_id=entry.owner_id, params={}, key="k", now=timezone.now())


def test_caps_of_the_campaign() -> None:
    """C2."""
    run = make_run("assist", {"helps_per_member": 9}, entries_per_member=1, contributions_per_member=1)
    owner, helper = make_member(), make_member()
    entry = start(run, owner)
    with refused("entry_limit"):
        start(run, owner)
    play(entry, "help", helper)
    with refused("contribution_limit"):
        play(start(run, make_member()), "help", helper)


def test_member_known_before_the_run_is_not_new() -> None:
    """By joining a group earlier, too: an import during a run makes nobody new."""
    run = make_run("assist", {"is_new_only": True})
    entry = start(run, make_member())
    old = make_member(joined_at=timezone.now() - timedelta(days=90))
    with refused("new_members_only"):
        play(entry, "help", old)
    play(entry, "help", make_member())


def test_system_expires_an_entry_once(architect) -> None:
    run = make_run("assist", {"stages": [5]})
    entry = start(run, make_member())
    assert act_as_system(entry_id=entry.pk, verb="expire", now=timezone.now()) is None
    later = timezone.now() + timedelta(days=8)
    assert act_as_system(entry_id=entry.pk, verb="expire", now=later) is not None
    assert act_as_system(entry_id=entry.pk, verb="expire", now=later) is None
    entry.refresh_from_db()
    assert (entry.state, entry.reason) == (EntryState.FAILED, "expired")
    assert entry.ended_at == later


def test_voiding_takes_count_score_and_benefit_back() -> None:
    """C7, C13."""
    points = make_benefit(BenefitKind.POINTS, amount=10)
    run = make_run("assist", {"stages": [2]}, slots={"stage_2": points})
    owner = make_member()
    entry = start(run, owner)
    helpers = [make_member(), make_member()]
    for helper in helpers:
        play(entry, "help", helper)
    part = Contribution.objects.get(member=helpers[1])
    act_as_system(entry_id=entry.pk, verb="voided", part_id=part.pk, reason="left", now=timezone.now())
    entry.refresh_from_db()
    first = Contribution.objects.get(member=helpers[0])
    assert (entry.count, entry.score, entry.state, entry.score_at) == (1, 1, EntryState.OPEN, first.at)
    owner.refresh_from_db()
    assert owner.points_balance == 0
    part.refresh_from_db()
    assert (part.state, part.void_reason) == ("void", "left")
    again = act_as_system(
        entry_id=entry.pk, verb="voided", part_id=part.pk, reason="left", now=timezone.now()
    )
    assert again is None


def test_staff_reviews_a_proof(architect, make_user, team) -> None:
    run = make_run("assist", {"stages": [5], "needs_proof": True})
    entry = start(run, make_member())
    play(entry, "help", make_member(), photos=["a.jpg"])
    part = Contribution.objects.get()
    params = {"part": part.pk, "accept": "true", "note": "看得清"}
    stranger = make_user("stranger", "group_operator", team)
    with pytest.raises(NotAllowed):
        act_as_staff(entry_id=entry.pk, verb="review", params=params, actor=stranger, now=timezone.now())
    act_as_staff(entry_id=entry.pk, verb="review", params=params, actor=architect, now=timezone.now())
    entry.refresh_from_db()
    assert (entry.count, entry.pending_count) == (1, 0)


@pytest.mark.parametrize("part", [True, 1.5, "x", "9" * 40, [1], {"a": 1}])
def test_odd_parameters_are_invalid_not_errors(architect, part: object) -> None:
    run = make_run("assist", {"needs_proof": True})
    entry = start(run, make_member())
    with pytest.raises((Invalid, Refused)):
        act_as_staff(
            entry_id=entry.pk,
            verb="review",
            params={"part": part, "accept": True},
            actor=architect,
            now=timezone.now(),
        )


def test_half_a_character_is_left_out_of_a_text(architect) -> None:
    """JSON can spell half of a surrogate pair, which no database stores."""
    run = make_run("swap", {"photos_least": 0, "needs_moderation": False})
    params = {"title": "自行车\ud83d", "description": "八成新\udc00", "photos": ["a\ud800.jpg"]}
    entry = start(run, make_member(), **params)
    assert (entry.title, entry.data["description"], entry.data["photos"]) == ("自行车", "八成新", ["a.jpg"])


def test_nobody_revokes_once_the_run_has_begun_to_settle(architect, monkeypatch) -> None:
    """The look before the lock may be old: settlement began in between."""
    run = make_run("assist", {"stages": [5]})
    play(start(run, make_member()), "help", make_member())
    part = Contribution.objects.get()

    def settles_first(**fields):
        Run.objects.filter(pk=run.pk).update(state=RunState.SETTLING)
        return act_as_system(**fields)

    monkeypatch.setattr(revoking, "act_as_system", settles_first)
    with pytest.raises(WrongState):
        revoking.revoke_contribution(contribution=part, reason="刷单", actor=architect, now=timezone.now())
    part.refresh_from_db()
    assert part.state == "counted"


@pytest.mark.parametrize("verb", ["expire", "voided", "help", "nonsense"])
def test_staff_play_only_verbs_of_staff(architect, verb: str) -> None:
    entry = start(make_run("assist"), make_member())
    with refused("unknown_verb"):
        act_as_staff(entry_id=entry.pk, verb=verb, params={}, actor=architect, now=timezone.now())
