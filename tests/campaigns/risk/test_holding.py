"""C13 in the engine: suspicion holds what it gives, and a person decides."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import AuditEntry, Notice
from apps.campaigns.enums import BenefitKind, FlagState, GrantState, PartState, Verdict
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import BlockedMember, Contribution, Entry, Flag, Grant, Run
from apps.campaigns.selectors.plans import Plan, plan_of
from apps.campaigns.services.engine import Origin, act, open_entry
from apps.campaigns.services.granting.addresses import fill_address
from apps.campaigns.services.granting.holding import fund_unfunded
from apps.campaigns.services.risk.appealing import appeal
from apps.campaigns.services.risk.blocking import block_member, unblock_member
from apps.campaigns.services.risk.holding import is_suspicious
from apps.campaigns.services.risk.reviewing import review_entry
from apps.campaigns.services.risk.scanning import scan_recent, scan_run
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.events.models import Event
from apps.groups.models import Group, Membership
from apps.members.models import Member
from tests.campaigns.factories import make_benefit, make_member, make_run

pytestmark = pytest.mark.django_db


def opened(run: Run, owner: Member, **origin: str) -> Entry:
    outcome = open_entry(
        run_id=run.pk,
        member_id=owner.pk,
        params={"name": "一队"},
        key=f"open-{run.pk}-{owner.pk}",
        now=timezone.now(),
        origin=Origin(**origin),
    )
    return Entry.objects.get(pk=outcome.entry_id)


def helps(entry: Entry, member: Member, **origin: str) -> Contribution:
    act(
        code=entry.code,
        verb="help",
        member_id=member.pk,
        params={},
        key=f"{entry.pk}-{member.pk}",
        now=timezone.now(),
        origin=Origin(**origin),
    )
    return Contribution.objects.get(entry=entry, member=member, state=PartState.COUNTED)


def assist(**fields: Any) -> Run:
    points = make_benefit(BenefitKind.POINTS, amount=10)
    rules = {"stages": [2, 4], "helps_per_member": 9}
    return make_run("assist", rules, slots={"stage_2": points, "helper": points}, **fields)


def suspicious() -> Entry:
    """One honest helper and one on the owner's own device: the owner's first stage and the second gift are held."""
    entry = opened(assist(), make_member(), device_hash="mine", ip_hash="home")
    helps(entry, make_member(), device_hash="other")
    helps(entry, make_member(), device_hash="mine")
    return Entry.objects.get(pk=entry.pk)


def states(entry: Entry) -> dict[str, str]:
    return dict(Grant.objects.filter(entry=entry).order_by("pk").values_list("give_key", "state"))


def promises_hold() -> bool:
    """Each invariant's query as it is, in this test's transaction."""
    from apps.core.invariants import all_invariants

    with connection.cursor() as cursor:
        for item in all_invariants():
            cursor.execute(item.sql)
            assert cursor.fetchall() == [], item.name
    return True


def review(entry: Entry, verdict: Verdict, actor: Any, note: str = "看过了") -> Any:
    return review_entry(entry_id=entry.pk, verdict=verdict, note=note, actor=actor, now=timezone.now())


def test_held_grants_are_costed_but_not_issued() -> None:
    entry = suspicious()
    flag = Flag.objects.get()
    assert (flag.rule, flag.score, flag.evidence) == ("self_help", 60, {"device": True})
    assert flag.contribution
    assert flag.contribution.member_id == flag.member_id
    assert sorted(states(entry).values()) == ["held", "held", "issued"]
    entry.owner.refresh_from_db()
    assert entry.owner.points_balance == 0
    entry.run.stock.refresh_from_db()
    assert entry.run.stock.granted_cost == 3
    assert promises_hold()


def test_family_at_home_gets_its_gift() -> None:
    """The false alarm that must not happen: three people on one network."""
    entry = opened(assist(), make_member(), ip_hash="home", device_hash="a")
    for device in ("b", "c"):
        helps(entry, make_member(), ip_hash="home", device_hash=device)
    entry.owner.refresh_from_db()
    assert entry.owner.points_balance == 10
    assert Flag.objects.count() == 2


def test_campaign_may_set_another_threshold() -> None:
    entry = opened(assist(risk={"hold_from": 100}), make_member(), device_hash="mine")
    for device in ("mine", "other"):
        helps(entry, make_member(), device_hash=device)
    assert set(states(entry).values()) == {"issued"}


def test_release_issues_once(architect) -> None:
    """A false alarm: the note is kept, the gift arrives, and a second click finds nothing to do."""
    entry = suspicious()
    done = review(entry, Verdict.RELEASE, architect, note="一家人共用手机")
    assert (done.flags, done.released, done.voided_parts) == (1, 2, 0)
    assert set(states(entry).values()) == {"issued"}
    entry.owner.refresh_from_db()
    assert entry.owner.points_balance == 10
    flag = Flag.objects.get()
    assert (flag.state, flag.note, flag.decided_by) == (FlagState.RELEASED, "一家人共用手机", architect)
    audit = AuditEntry.objects.get(action="flag.release")
    assert (audit.reason, audit.detail["released"], audit.detail["rules"]) == (
        "一家人共用手机",
        2,
        ["self_help"],
    )
    with pytest.raises(WrongState):
        review(entry, Verdict.RELEASE, architect)
    entry.owner.refresh_from_db()
    assert entry.owner.points_balance == 10
    assert promises_hold()


def test_what_was_released_is_not_held_again() -> None:
    entry = suspicious()
    Flag.objects.update(state=FlagState.RELEASED, decided_at=timezone.now(), note="一家人")
    helps(entry, make_member(), device_hash="third")
    assert scan_run(run_id=entry.run_id, now=timezone.now()) == 0
    assert not Flag.objects.filter(state=FlagState.OPEN).exists()


def test_void_rederives_count_and_score_and_takes_gifts_of_the_accused(architect) -> None:
    """The honest helper's gift stays; the contribution in doubt counts no more."""
    entry = suspicious()
    done = review(entry, Verdict.VOID, architect)
    entry.refresh_from_db()
    assert (entry.count, entry.score) == (1, 1)
    assert (done.voided_parts, done.voided, done.released, done.kept) == (1, 2, 0, 0)
    part = Flag.objects.get().contribution
    assert part
    assert (part.state, part.void_reason) == (PartState.VOID, "risk")
    assert sorted(states(entry).values()) == ["issued", "void", "void"]
    entry.run.stock.refresh_from_db()
    assert entry.run.stock.granted_cost == 1
    assert Event.objects.filter(kind="campaign.voided", data__reason="risk").count() == 1
    assert promises_hold()


def test_strike_keeps_what_is_earned_without_the_doubtful_ones(architect) -> None:
    entry = opened(assist(), make_member(), device_hash="mine")
    helps(entry, make_member(), device_hash="mine")
    helps(entry, make_member(), device_hash="b")
    helps(entry, make_member(), device_hash="c")
    done = review(entry, Verdict.STRIKE, architect)
    entry.refresh_from_db()
    assert entry.count == 2
    entry.owner.refresh_from_db()
    assert entry.owner.points_balance == 10, "two honest helpers reach the stage"
    assert (done.voided_parts, done.voided, done.released) == (1, 1, 3)
    assert promises_hold()


def test_void_ranks_the_board_anew(architect) -> None:
    """C7: what risk voids is gone from the score, so the next one moves up."""
    run = make_run("assist", {"stages": [50], "helps_per_member": 99})
    cheat, honest = (
        opened(run, make_member(), device_hash="farm"),
        opened(run, make_member(), device_hash="h"),
    )
    for _ in range(3):
        helps(cheat, make_member(), device_hash="farm")
    for number in range(2):
        helps(honest, make_member(), device_hash=f"own{number}")
    scan_run(run_id=run.pk, now=timezone.now())
    board = list(Entry.objects.filter(run=run).order_by("-score", "score_at").values_list("pk", flat=True))
    assert board == [cheat.pk, honest.pk]
    review(cheat, Verdict.VOID, architect)
    board = list(Entry.objects.filter(run=run).order_by("-score", "score_at").values_list("pk", flat=True))
    assert board == [honest.pk, cheat.pk]
    cheat.refresh_from_db()
    assert cheat.score == 0


def test_review_needs_permission_scope_and_a_note(make_user, team) -> None:
    entry = suspicious()
    operator = make_user("operator", "group_operator", team)
    with pytest.raises(NotAllowed):
        review(entry, Verdict.VOID, operator)
    with pytest.raises(NotAllowed):
        review(entry, Verdict.VOID, make_user("service", "member_service", team))
    entry.run.campaign.team = team
    entry.run.campaign.save()
    with pytest.raises(Invalid):
        review(entry, Verdict.VOID, operator, note="  ")
    assert Flag.objects.get().state == FlagState.OPEN
    assert review(entry, Verdict.VOID, operator).voided_parts == 1


def test_inline_look_is_one_query_two_with_a_known_finding_and_three_with_a_new_one() -> None:
    entry = suspicious()
    plan = plan_of(entry.run_id, 1)
    honest = opened(entry.run, make_member(), device_hash="x")
    for one, number, verdict in ((honest, 1, False), (entry, 2, True)):
        assert _look(plan, one) == (number, verdict)
    Flag.objects.all().delete()
    assert _look(plan, entry) == (3, True)


def _look(plan: Plan, entry: Entry) -> tuple[int, bool]:
    """Queries of an inline look, and what it says."""
    with CaptureQueriesContext(connection) as asked:
        verdict = is_suspicious(plan=plan, entry_id=entry.pk, gives=[], now=timezone.now())
    return len(asked), verdict


def test_tick_finds_leavers_and_holds_what_has_not_set_out(architect) -> None:
    """What comes after the giving: a parcel that still waits is held, points that arrived are told of."""
    parcel, points = make_benefit(BenefitKind.PHYSICAL), make_benefit(BenefitKind.POINTS, amount=10)
    run = make_run("assist", {"stages": [3]}, slots={"stage_3": [parcel, points]})
    run.campaign.owner = architect
    run.campaign.save()
    entry = opened(run, make_member())
    group = Group.objects.create(name="福利群")
    Entry.objects.filter(pk=entry.pk).update(opened_at=timezone.now() - timedelta(minutes=30))
    for _ in range(3):
        helper = make_member()
        Membership.objects.create(group=group, member=helper, joined_at=timezone.now())
        helps(entry, helper)
    assert scan_recent(now=timezone.now()) == 0
    Membership.objects.update(left_at=timezone.now() + timedelta(hours=2))
    later = timezone.now() + timedelta(hours=3)
    assert scan_recent(now=later) == 3
    assert scan_recent(now=later) == 0, "twice is once"
    assert set(Grant.objects.values_list("benefit__kind", "state")) == {
        ("physical", "held"),
        ("points", "issued"),
    }
    notice = Notice.objects.get(user=architect, key__contains="risk")
    assert "扣住礼品 1 份" in notice.text
    assert "另有 1 份" in notice.text
    done = review(entry, Verdict.RELEASE, architect)
    assert done.released == 1
    assert Grant.objects.get(benefit=parcel).state == GrantState.AWAITING_ADDRESS
    assert promises_hold()


def test_tick_finds_a_helper_farm_over_several_runs() -> None:
    owner, hands = make_member(), [make_member() for _ in range(3)]
    for number in range(4):
        run = make_run("assist", {"stages": [9]})
        entry = opened(run, owner)
        for hand in hands:
            helps(entry, hand)
        found = scan_run(run_id=run.pk, now=timezone.now())
        assert found == (3 if number == 3 else 0)
    flag = Flag.objects.filter(rule="farm").first()
    assert flag
    assert flag.evidence == {"times": 4, "owners": 1, "helpers": 3, "days": 60}


def test_four_parcels_to_one_address_are_held_before_they_are_shipped(architect) -> None:
    parcel = make_benefit(BenefitKind.PHYSICAL)
    run = make_run("assist", {"stages": [1], "helps_per_member": 9}, slots={"stage_1": parcel})
    entries = [opened(run, make_member()) for _ in range(4)]
    for number, entry in enumerate(entries):
        helps(entry, make_member())
        fill_address(
            grant=Grant.objects.get(entry=entry),
            member_id=entry.owner_id,
            name="李雷",
            phone=f"1390000000{number}",
            address="浙江省杭州市西湖区文三路 100 号" if number % 2 else "浙江省杭州市西湖区文三路100号",
            now=timezone.now(),
        )
        expected = "held" if number == 3 else "awaiting_shipment"
        assert set(Grant.objects.exclude(address_hash="").values_list("state", flat=True)) == {expected}
    assert set(Flag.objects.values_list("rule", "score")) == {("address", 60)}
    review(entries[0], Verdict.RELEASE, architect)
    released = Grant.objects.get(entry=entries[0])
    assert released.state == GrantState.AWAITING_SHIPMENT, "its address is known already"
    assert promises_hold()


def test_funding_under_suspicion_waits_for_the_review(architect) -> None:
    entry = suspicious()
    grant = Grant.objects.filter(entry=entry, state=GrantState.HELD).first()
    assert grant is not None
    entry.run.stock.granted_cost -= grant.cost
    entry.run.stock.save()
    grant.benefit.issued -= grant.quantity
    grant.benefit.save()
    Grant.objects.filter(pk=grant.pk).update(state=GrantState.UNFUNDED)
    assert fund_unfunded(grant=grant, actor=architect, now=timezone.now()).state == GrantState.HELD
    assert promises_hold()


def test_appeal_is_kept_with_the_flags_and_only_of_those_concerned() -> None:
    entry = suspicious()
    accused = Flag.objects.get().member_id
    for member_id in (accused, entry.owner_id):
        assert appeal(member_id=member_id, code=entry.code, text=" 我们  是一家人 ", now=timezone.now()) == 1
    assert Flag.objects.get().appeal == "我们 是一家人"
    with pytest.raises(Refused) as refused:
        appeal(member_id=make_member().pk, code=entry.code, text="我也要", now=timezone.now())
    assert refused.value.code == "nothing_held"
    for text in ("", "x" * 301):
        with pytest.raises(Invalid):
            appeal(member_id=accused, code=entry.code, text=text, now=timezone.now())


def test_blocked_member_is_out_until_lifted(architect, make_user, team) -> None:
    run, member = assist(), make_member()
    row = block_member(member=member, reason="多次刷单", actor=architect, now=timezone.now())
    assert block_member(member=member, reason="再来", actor=architect, now=timezone.now()) == row
    with pytest.raises(Refused):
        opened(run, member)
    stranger = make_user("operator", "group_operator", team)
    with pytest.raises(NotAllowed):
        unblock_member(blocked=row, reason="认错了", actor=stranger, now=timezone.now())
    with pytest.raises(Invalid):
        unblock_member(blocked=row, reason="", actor=architect, now=timezone.now())
    unblock_member(blocked=row, reason="认错了人", actor=architect, now=timezone.now())
    unblock_member(blocked=row, reason="认错了人", actor=architect, now=timezone.now())
    assert not BlockedMember.objects.exists()
    assert opened(run, member).pk
    actions = AuditEntry.objects.filter(action__startswith="member.").order_by("pk")
    assert list(actions.values_list("action", "reason")) == [
        ("member.block", "多次刷单"),
        ("member.unblock", "认错了人"),
    ]
