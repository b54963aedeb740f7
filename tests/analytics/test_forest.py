"""Referral trees: shapes by hand, scoping, the page, and what a reader of one team must not see."""

from datetime import timedelta

import numpy as np
import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.models import Branch
from apps.analytics.selectors import forest
from apps.analytics.selectors.scope import HOUSE
from apps.analytics.services.growing import grow
from apps.analytics.services.growing.shape import shape_of
from apps.analytics.services.rolling import rebuild
from apps.members.models import Member
from apps.members.models.member import MemberTeam
from tests.analytics.facts import at, fact, record_facts


def shape(parent, *, joined=None, left=(), idle=(), device=None):
    count = len(parent)
    flags = np.zeros((2, count), dtype=bool)
    flags[0, list(left)] = True
    flags[1, list(idle)] = True
    return shape_of(
        parent=np.array(parent, dtype=np.int64),
        joined=np.array(joined or [0] * count, dtype=np.int64),
        has_left=flags[0],
        is_idle=flags[1],
        device=np.array(device or [0] * count, dtype=np.int64),
    )


def test_sizes_generations_and_leavers_by_hand():
    # 0 → 1, 2; 1 → 3; 3 → 4; 5 alone. 2 has left.
    found = shape([0, 0, 0, 1, 3, 5], left=[2])
    assert found.size.tolist() == [4, 2, 0, 1, 0, 0]
    assert found.effective.tolist() == [3, 2, 0, 1, 0, 0]
    assert found.depth.tolist() == [0, 1, 1, 2, 3, 0]
    assert found.height.tolist() == [3, 2, 0, 1, 0, 0]
    assert found.root.tolist() == [0, 0, 0, 0, 0, 5]
    assert found.children.tolist() == [2, 1, 0, 1, 0, 0]
    assert found.effective_children.tolist() == [1, 1, 0, 1, 0, 0]


def test_a_circle_is_found_cut_once_and_its_followers_are_not_in_it():
    # 1 → 2 → 3 → 1, and 3 brought 4; 0 is alone.
    found = shape([0, 3, 1, 2, 3])
    assert found.circle.tolist() == [0, 3, 3, 3, 0]
    assert found.parent.tolist() == [0, 1, 1, 2, 3]
    assert found.size.tolist() == [0, 3, 2, 1, 0]


def test_stars_bursts_and_chains_of_one_device_say_their_size():
    star = shape([0] * 10, idle=range(2, 10))
    assert star.star.tolist() == [8] + [0] * 9
    lively = shape([0] * 10, idle=range(5, 10))
    assert not lively.star.any()
    burst = shape([0] * 7, joined=[1, 1000, 1100, 1200, 1300, 1590, 9000])
    assert burst.burst.tolist() == [5] + [0] * 6
    assert not shape([0] * 7, joined=[1, 1000, 2000, 3000, 4000, 5000, 6000]).burst.any()
    chain = shape([0, 0, 1, 2], device=[7, 7, 7, 8])
    assert chain.device_chain.tolist() == [3, 0, 0, 0]


def test_a_chain_of_a_hundred_thousand_and_an_empty_wood():
    count = 3_000
    found = shape([0, *range(count - 1)])
    assert found.size[0] == count - 1
    assert found.height[0] == count - 1
    assert len(shape([]).size) == 0


@pytest.fixture
def other(db):
    return Team.objects.create(name="华南组")


@pytest.fixture
def family(team, other):
    """a (team) → b (team), c (other), d (nobody's profile says so, a fact does, team); c → e (team). b left."""
    made = {}
    for name, owner, teams in (
        ("a", None, [team]), ("b", "a", [team]), ("c", "a", [other]), ("d", None, [team]), ("e", "c", [team]),
    ):  # fmt: skip
        made[name] = Member.objects.create(
            nickname=f"{name}先生", inviter=made.get(owner), joined_at=timezone.now()
        )
        MemberTeam.objects.bulk_create(MemberTeam(member=made[name], team=one) for one in teams)
    record_facts(
        fact("campaign.contributed", "2026-03-01 10:00", team=team, member_id=made["d"].pk,
             data={"owner": made["a"].pk, "is_new": True, "kind": "help"}),
        fact("group.joined", "2026-03-01 10:00", team=team, group_id=1, member_id=made["b"].pk),
        fact("group.left", "2026-03-02 10:00", team=team, group_id=1, member_id=made["b"].pk),
    )  # fmt: skip
    rebuild(now=at("2026-03-03 10:00"))
    grow()
    return {name: member.pk for name, member in made.items()}


def test_trees_from_profiles_and_facts_net_of_leavers(family):
    house = Branch.objects.get(team_id=HOUSE, member_id=family["a"])
    assert (house.children, house.effective_children, house.size, house.height) == (3, 2, 4, 2)
    assert forest.summary([HOUSE]) == forest.Summary(1, 5, 4, 3, 2, 2, 0)
    assert grow() == Branch.objects.count()  # anew: the same rows


def test_sums_are_kept_under_the_name_of_trees_that_are_there(family, django_capture_on_commit_callbacks):
    before = cache.get(forest.STAMP)
    with django_capture_on_commit_callbacks(execute=True):
        grow()
        assert cache.get(forest.STAMP) == before  # a reader of now reads, and keeps, the trees of before
    assert cache.get(forest.STAMP) != before


def test_a_teams_trees_end_at_its_border(family, team):
    mine = Branch.objects.get(team_id=team.pk, member_id=family["a"])
    assert (mine.children, mine.size) == (2, 2)
    cut = Branch.objects.get(team_id=team.pk, member_id=family["e"])
    assert (cut.is_cut, cut.inviter_id) == (True, None)
    assert not Branch.objects.filter(team_id=team.pk, member_id=family["c"]).exists()


def test_a_member_of_two_teams_is_one_person(family, team, other):
    """a in both: the root of b and d in one team, of c in the other, and c the one of e, who is in both too."""
    for name in "ae":
        MemberTeam.objects.create(member_id=family[name], team=other)
    grow()
    teams = [team.pk, other.pk]
    assert Branch.objects.filter(team_id__in=teams, member_id=family["a"]).count() == 2
    assert forest.summary(teams) == forest.Summary(1, 5, 4, 3, 2, 2, 0)
    assert [branch.member_id for branch in forest.trees(teams)] == [family["a"]]
    assert [branch.member_id for branch in forest.spreaders(teams)] == [family["a"], family["c"]]
    assert forest.generations(teams) == [(1, 3, 2), (2, 1, 1)]


def test_the_page_is_scoped_masked_and_searchable(client, family, team, other, make_user):
    client.force_login(make_user("op", Role.GROUP_OPERATOR, team))
    page = client.get(reverse("admin:analytics_forest"), {"member": family["c"]})
    text = page.content.decode()
    assert page.status_code == 200
    assert f"a** #{family['a']}" in text  # instead of the other team's member
    assert "先生" not in text
    assert f"#{family['c']}" not in text
    found = client.get(reverse("admin:analytics_forest"), {"q": "e先"}).content.decode()
    assert f"e** #{family['e']} · 0" in found
    assert (
        "没有找到这样的成员" in client.get(reverse("admin:analytics_forest"), {"q": "c先"}).content.decode()
    )
    branch = reverse("admin:analytics_forest_branch", args=[team.pk, family["a"]])
    assert {node["name"] for node in client.get(branch).json()["children"]} == {
        f"b** #{family['b']}", f"d** #{family['d']}",
    }  # fmt: skip
    for foreign in (other.pk, HOUSE):
        address = reverse("admin:analytics_forest_branch", args=[foreign, family["a"]])
        assert client.get(address).status_code == 404
    assert client.get(branch, {"offset": "x"}).status_code == 404


def test_a_wide_tree_is_cut_and_loads_on(client, team, make_user):
    top = Member.objects.create(nickname="树根")
    kids = Member.objects.bulk_create(
        Member(nickname="叶", inviter=top, joined_at=timezone.now() - timedelta(hours=n)) for n in range(60)
    )
    MemberTeam.objects.bulk_create(MemberTeam(member=member, team=team) for member in (top, *kids))
    grow()
    client.force_login(make_user("op", Role.GROUP_OPERATOR, team))
    assert (
        "还有 36 人"
        in client.get(reverse("admin:analytics_forest"))
        .context["charts"]["tree"]
        .option["series"][0]["data"][0]["children"][-1]["name"]
    )
    address = reverse("admin:analytics_forest_branch", args=[team.pk, top.pk])
    second = client.get(address, {"offset": 24}).json()["children"]
    assert len(second) == 25
    assert second[-1]["name"] == "还有 12 人"
    assert len(client.get(second[-1]["load"]).json()["children"]) == 12


def test_an_empty_wood_teaches(client, architect):
    client.force_login(architect)
    assert "邀请人手机" in client.get(reverse("admin:analytics_forest")).content.decode()
