"""社群健康: by hand; a group that goes quiet is told from one that is merely small; other teams stay unseen."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.groups import group_rows
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from apps.groups.models import Group
from tests.analytics.facts import at, fact, record_facts

WEEK = Period(date(2026, 3, 8), date(2026, 3, 14))
FEBRUARY_AND_MARCH = Period(date(2026, 2, 1), date(2026, 3, 31))
METRICS = (
    "health",
    "activity_rate",
    "members_in_groups",
    "net_growth",
    "joins",
    "leavers",
    "orders",
    "revenue",
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def groups() -> dict[str, Group]:
    """Forty members each in 甲 and 乙, two in 丙, one in the west's. In the week before all speak daily; in the week
    itself only 乙 does."""
    east, west = Team.objects.create(name="华东"), Team.objects.create(name="华西")
    found = {
        name: Group.objects.create(name=name, kind="vip", team=team)
        for name, team in (("甲", east), ("乙", east), ("丙", east), ("外", west))
    }
    start, facts = at("2026-03-01 09:00"), []
    for offset, (name, members) in enumerate((("甲", 40), ("乙", 40), ("丙", 2), ("外", 1))):
        group = found[name]
        named = {"group_id": group.pk, "team_id": group.team_id}
        for number in range(members):
            member = {**named, "member_id": offset * 100 + number + 1}
            facts.append(fact("group.joined", start - timedelta(days=30), **member))
            days = range(14 if name == "乙" else 7)
            facts += [fact("member.messaged", start + timedelta(days=day), **member) for day in days]
    named = {"group_id": found["乙"].pk, "team_id": found["乙"].team_id}
    facts.append(fact("order.paid", "2026-03-09 10:00", member_id=101, value=50, **named))
    facts.append(fact("group.left", "2026-03-14 23:00", member_id=110, **named))
    subject = f"post:5:{found['乙'].pk}:1:1"
    facts.append(fact("post.sent", "2026-03-10 10:00", subject=subject, team_id=found["乙"].team_id))
    record_facts(*facts)
    rebuild(now=database_now())
    return found


def test_quiet_groups_and_last_days_by_hand(groups):
    scope = Scope(frozenset({groups["甲"].team_id}))
    metrics = [all_metrics()[key] for key in METRICS]
    rows = {
        row.group.name: row for row in group_rows(metrics, scope=scope, period=WEEK, before=WEEK.previous())
    }
    assert list(rows) == ["乙", "丙", "甲"] or list(rows) == ["乙", "甲", "丙"]  # the healthiest first
    assert {name for name, row in rows.items() if row.has_gone_quiet} == {"甲"}
    assert rows["甲"].active_on == date(2026, 3, 7)
    assert rows["甲"].posted_on is None
    assert (rows["乙"].active_on, rows["乙"].posted_on) == (date(2026, 3, 14), date(2026, 3, 10))
    assert (rows["乙"].now["members_in_groups"].value, rows["乙"].now["net_growth"].value) == (39, -1)
    assert (rows["乙"].now["orders"].value, rows["乙"].now["revenue"].value) == (1, 50)


def test_the_pages_of_all_groups_and_of_one(client, groups, make_user):
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, groups["甲"].team))
    address = reverse("admin:analytics_groups")
    week = {"from": "2026-03-08", "to": "2026-03-14"}
    charts = client.get(address, week).context_data["charts"]
    assert {row[0].text for row in charts["groups"].table.rows} == {"甲", "乙", "丙"}
    assert [row[0].text for row in charts["quiet"].table.rows] == ["甲"]
    dots = [dot for one in charts["matrix"].option["series"] for dot in one["data"]]
    assert {dot["name"]: dot["value"][1:] for dot in dots}["乙"] == [-0.0256, 39]
    one = client.get(address, {**week, "group": groups["乙"].pk}).context_data["charts"]
    parts = {row[0].text: row[1].value for row in one["score"].table.rows}
    assert set(parts) == {"活跃", "留存", "增长", "成交"}
    assert parts["活跃"] == 35
    assert parts["增长"] == 0
    # A group of another team is not shown, and that is said.
    other = client.get(address, {**week, "group": groups["外"].pk})
    assert "is_one" not in other.context_data
    assert other.context_data["filters"].problems


def test_a_copy_whose_model_is_not_known_is_not_said_to_have_missed_it(client, groups, make_user):
    """S1: nor is the group of another team named."""
    for name, model in (("甲", "外"), ("乙", "丁"), ("丙", "乙")):
        found = Group.objects.filter(name=model).first()
        groups[name].model = found or Group.objects.create(name=model, kind="vip", team=groups["甲"].team)
        groups[name].save()
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, groups["甲"].team))
    page = client.get(reverse("admin:analytics_groups"), {"from": "2026-03-01", "to": "2026-03-31"})
    rows = {row[0].text: row for row in page.context_data["charts"]["copies"].table.rows}
    assert {name: row[-1].text for name, row in rows.items()} == {
        "甲": "样板群在别的团队，没法比", "乙": "样板群还没有人入群，没法比", "丙": "没达到",
    }  # fmt: skip
    assert (rows["甲"][1].text, rows["甲"][1].url) == ("其他团队的群", "")
    assert "外" not in {cell.text for row in rows.values() for cell in row}
    rate = readings(
        [all_metrics()["replicate_rate"]], scope=Scope(frozenset({groups["甲"].team_id})), period=WEEK
    )
    assert rate[""]["replicate_rate"].denominator == 0  # 丙's first days ended with March's first
    house = readings([all_metrics()["replicate_rate"]], scope=Scope(None), period=FEBRUARY_AND_MARCH)
    assert house[""]["replicate_rate"].denominator == 2  # 甲 and 丙: 乙's model has nobody
