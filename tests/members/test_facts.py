"""What the log says of members: points by every path, tiers, and those whom staff enter."""

import pytest

from apps.accounts.models import Team
from apps.core.clock import database_now
from apps.events.models import Event
from apps.members.models import Member, PointsEntry, Tier
from apps.members.models.member import MemberTeam
from apps.members.services.points import PointsGift, adjust_points, give_points, move_points

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]


def test_the_log_adds_up_to_the_ledger_by_every_path(admin_user, team):
    now = database_now()
    one, two = (Member.objects.create(phone=f"+861380000000{n}") for n in (1, 2))
    MemberTeam.objects.create(member=one, team=team)
    for _ in range(2):  # repeats say nothing
        adjust_points(member=one, delta=50, actor=admin_user, now=now, reason="补发", key="a")
        move_points(member_id=one.pk, delta=-20, key="b", note="", now=now, team_id=team.pk, about={"run": 7})
        give_points(
            gifts=[
                PointsGift(one.pk, 5, "c", about={"run": 7}),
                PointsGift(two.pk, 6, "d"),
                PointsGift(two.pk, 7, "d2", team_id=team.pk),
            ],
            now=now,
        )
    facts = Event.objects.filter(kind="points.changed")
    ledger = {(entry.member_id, entry.delta) for entry in PointsEntry.objects.all()}
    assert {(fact.member_id, int(fact.value)) for fact in facts} == ledger
    assert facts.count() == len(ledger) == 5
    said = {int(fact.value): (fact.team_id, fact.data) for fact in facts}
    assert said[50] == (team.pk, {"reason": "adjust"})
    assert said[-20] == (team.pk, {"reason": "campaign", "run": 7})
    assert said[5] == (team.pk, {"reason": "campaign", "run": 7})  # the member's only team
    assert said[6] == (None, {"reason": "campaign"})
    assert said[7][0] == team.pk


def test_a_fact_of_somebody_in_two_teams_is_no_teams(team):
    member = Member.objects.create(phone="+8613800000001")
    for one in (team, Team.objects.create(name="乙")):
        MemberTeam.objects.create(member=member, team=one)
    move_points(member_id=member.pk, delta=5, key="x", note="", now=database_now())
    assert Event.objects.get().team_id is None


def test_staff_enter_a_member_and_move_their_tier(admin_client, admin_user):
    gold, black = (Tier.objects.create(name=name, rank=rank) for name, rank in (("金卡", 30), ("黑卡", 40)))
    form = {"gender": "unknown", "lifecycle": "prospect", "total_spent": "0", "source": "门店"}
    inlines = {}
    page = admin_client.get("/admin/members/member/add/")
    for formset in page.context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        inlines |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    body = form | inlines | {"new_phone": "13800138000", "tier": gold.pk}
    admin_client.post("/admin/members/member/add/", body)
    member = Member.objects.get()
    came = Event.objects.get(kind="member.registered")
    assert (came.member_id, came.actor, came.data, came.source) == (
        member.pk,
        admin_user,
        {"way": "staff"},
        "门店",
    )
    assert not Event.objects.filter(kind="member.tier_changed").exists()

    change = f"/admin/members/member/{member.pk}/change/"
    page = admin_client.get(change)
    for formset in page.context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        inlines |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    admin_client.post(change, form | inlines | {"tier": black.pk})
    admin_client.post(change, form | inlines | {"tier": black.pk})
    moved = Event.objects.get(kind="member.tier_changed")
    assert (moved.value, moved.data) == (40, {"from": gold.pk, "to": black.pk, "from_rank": 30})
    assert moved.tier_id == black.pk
