"""Who an importing person may not change (S1), asked in a way that no plan can make slow."""

import pytest
from django.db import connection

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.members.importers.scope import hidden_from
from apps.members.models import Member
from apps.members.models.member import MemberTeam


@pytest.fixture
def members(team):
    other = Team.objects.create(name="别的团队")
    made = {name: Member.objects.create(nickname=name) for name in ["own", "both", "other", "nobody"]}
    for name, teams in {"own": [team], "both": [team, other], "other": [other]}.items():
        for one in teams:
            MemberTeam.objects.create(member=made[name], team=one)
    return made


def ask(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def test_only_members_of_other_teams_are_hidden(members, make_user, team):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    hidden = hidden_from(operator, "m.id")
    assert ask(f"SELECT nickname FROM members_member m WHERE {hidden}") == ["other"]
    without_team = make_user("newcomer", Role.GROUP_OPERATOR)
    hidden = hidden_from(without_team, "m.id")
    assert sorted(ask(f"SELECT nickname FROM members_member m WHERE {hidden}")) == ["both", "other", "own"]
    assert hidden_from(None, "m.id") is None


def test_it_is_a_probe_per_member_and_no_join(members, make_user, team):
    hidden = hidden_from(make_user("operator", Role.GROUP_OPERATOR, team), "m.id")
    plan = "\n".join(ask(f"EXPLAIN SELECT 1 FROM members_member m WHERE {hidden}"))
    assert "SubPlan" in plan
    assert "Join" not in plan
