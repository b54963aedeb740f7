"""The dashboards' shell: every page opens, for those who may; nothing in the address breaks it; scopes hold (S1, S5)."""

import csv
import io
import random
from datetime import date

import pytest
from django.db import connection
from django.urls import reverse
from openpyxl import load_workbook

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.analytics.admin.board.charts import Cell, Chart, Column, Table
from apps.analytics.admin.board.export import exported
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.presets import PRESETS, previous_of
from apps.analytics.admin.board.routes import all_pages
from apps.analytics.selectors.figures import figures
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.campaigns.models import ShareLink
from apps.core.clock import database_now
from apps.groups.enums import GroupKind
from apps.groups.models import Group
from tests.analytics.boards import staff
from tests.analytics.facts import at, fact, record_facts
from tests.campaigns.factories import make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def east() -> Team:
    return Team.objects.create(name="华东组")


@pytest.fixture
def west() -> Team:
    return Team.objects.create(name="西南组")


@pytest.fixture
def operator(client, east) -> User:
    user = staff("operator", Role.GROUP_OPERATOR, east)
    client.force_login(user)
    return user


@pytest.fixture
def sales(east, west):
    """100 yuan in the east and 900 in the west, today."""
    now = database_now()
    record_facts(
        fact("order.paid", now, team_id=east.pk, member_id=1, value=100),
        fact("order.paid", now, team_id=west.pk, member_id=2, value=900),
    )
    rebuild(now=now)


@pytest.mark.parametrize("key", sorted(key for key, page in all_pages().items() if page.in_sidebar))
def test_a_page_needs_its_permission(client, east, key):
    client.force_login(staff("service", Role.MEMBER_SERVICE, east))
    assert client.get(reverse(f"admin:analytics_{key}")).status_code == 403


def revenue_on(client, query: str = "") -> str:
    page = client.get(reverse("admin:analytics_overview") + query)
    return next(tile.text for tile in page.context_data["tiles"] if tile.metric_key == "revenue")


def test_figures_are_those_of_ones_own_teams(client, operator, east, west, sales):
    assert revenue_on(client) == "¥100.00"
    # Another team's number does not open it, and the page says so.
    foreign = client.get(reverse("admin:analytics_overview"), {"team": west.pk})
    assert "没有找到这个团队" in foreign.content.decode() or "不归你看" in foreign.content.decode()
    assert revenue_on(client, f"?team={west.pk}") == "¥100.00"
    client.force_login(staff("architect", Role.ARCHITECT))
    assert revenue_on(client) == "¥1,000.00"
    assert revenue_on(client, f"?team={west.pk}") == "¥900.00"


def test_menus_offer_only_what_the_user_may_see(client, operator, east, west):
    page = client.get(reverse("admin:analytics_overview"))
    teams = next(menu for menu in page.context_data["bar"].menus if menu.name == "team")
    assert [name for _value, name in teams.options] == ["华东组"]


def test_nothing_in_the_address_breaks_a_page(client, operator, east, sales):
    """Odd dates, numbers, names: 200 with a word about it, never 500."""
    rng = random.Random(5)
    odd = [
        "", "0", "-1", "9" * 40, "今天", "2026-02-30", "0001-01-01", "9999-12-31", "2026-03-01", "1e9", "null",
        "' OR 1=1 --", "<script>", "٣", "x" * 5000, "2026-03-01T00:00", str(east.pk), "custom", "7d", "²",
    ]  # fmt: skip
    names = [
        "preset",
        "from",
        "to",
        "team",
        "group",
        "campaign",
        "run",
        "dim",
        "key",
        "by",
        "q",
        "page",
        "metric",
    ]
    pages = ["overview", "funnel", "acquisition", "wall", "dictionary"]
    for number in range(40):
        query = {name: rng.choice(odd) for name in rng.sample(names, rng.randrange(1, 6))}
        answer = client.get(reverse(f"admin:analytics_{pages[number % len(pages)]}"), query)
        assert answer.status_code == 200, query
        assert "<script>" not in str(answer.context_data["filters"].problems)


def test_odd_dates_are_said_and_replaced(operator):
    now = at("2026-03-18 10:00")
    filters = Filters.from_query({"from": "2026-02-30", "to": "2026-03-01"}, user=operator, now=now)
    assert filters.preset == "7d"
    assert "2026-03-01 这样" in filters.problems[0]
    turned = Filters.from_query({"from": "2026-03-09", "to": "2026-03-01"}, user=operator, now=now)
    assert str(turned.period.first) == "2026-03-01"
    assert turned.problems
    long = Filters.from_query({"from": "2001-01-01", "to": "2026-03-01"}, user=operator, now=now)
    assert long.period.days == 3 * 366
    assert long.problems
    # The address comes back from the filters as it was understood.
    again = Filters.from_query(
        dict(pair.split("=") for pair in turned.query().split("&")), user=operator, now=now
    )
    assert again.period == turned.period
    assert not again.problems


def test_ranges_by_name_and_what_they_are_compared_with(operator):
    def ranges(preset: str) -> tuple[str, ...]:
        found = Filters.from_query({"preset": preset}, user=operator, now=at("2026-03-18 10:00"))
        days = (found.period.first, found.period.last, found.previous.first, found.previous.last)
        return tuple(f"{day:%m%d}" for day in days)

    assert ranges("today") == ("0318", "0318", "0317", "0317")
    assert ranges("7d") == ("0312", "0318", "0305", "0311")
    assert ranges("week") == ("0316", "0318", "0309", "0311")  # Wednesday: Monday to Wednesday before
    assert ranges("month") == ("0301", "0318", "0201", "0218")
    assert ranges("last_month") == ("0201", "0228", "0101", "0131")
    for preset, (_words, range_of) in PRESETS.items():
        for day in (
            Period(d, d).first for d in Period(at("2024-01-31 12:00").date(), at("2024-04-01 12:00").date())
        ):
            assert previous_of(preset, range_of(day)).last < range_of(day).first


def test_exports_keep_numbers_and_disarm_formulas(operator, rf):
    table = Table(
        [Column("群", is_number=False), Column("=人数")],
        [[Cell("=cmd|' /C calc'!A0", "x"), Cell(-12, "-12")]],
    )
    charts = {"c": Chart("c", "群表", {}, table)}
    day = at("2026-03-18 10:00").date()

    def taken(**query):
        request = rf.get("/", {"export": "c", **query})
        request.user = operator
        named = {"page": "overview", "title": "总览", "period": Period(day, day), "query": ""}
        return exported(request, charts, **named).content

    text = taken().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [["群", "'=人数"], ["'=cmd|' /C calc'!A0", "-12"]]
    rows = list(load_workbook(io.BytesIO(taken(format="xlsx"))).active.values)
    assert rows == [("群", "'=人数"), ("'=cmd|' /C calc'!A0", -12)]


def test_a_group_of_another_team_is_not_named_in_the_label(operator, west):
    group = Group.objects.create(name="别人的群", kind=GroupKind.VIP, team=west)
    filters = Filters.from_query({"group": str(group.pk)}, user=operator)
    assert filters.group_id is None
    assert "别人的群" not in filters.label()
    assert filters.problems


def test_a_page_that_does_not_follow_a_group_neither_names_it_nor_opens_its_rows(client, operator, east):
    """The address alone made the overview say 东边的群 over the figures of all groups."""
    group = Group.objects.create(name="东边的群", kind=GroupKind.VIP, team=east)
    client.force_login(operator)
    page = client.get(reverse("admin:analytics_overview"), {"group": group.pk}).context_data
    assert "东边的群" not in page["filters"].label()
    assert page["tiles"]
    assert not [tile.url for tile in page["tiles"] if "dim=group" in tile.url]
    for follows in ("content", "groups", "retention", "reviews", "rows"):
        page = client.get(reverse(f"admin:analytics_{follows}"), {"group": group.pk}).context_data
        assert page["filters"].group_id == group.pk, follows


def test_days_to_come_are_not_looked_at(operator):
    """They would thin out every average."""
    now = at("2026-03-18 10:00")
    filters = Filters.from_query({"from": "2026-03-10", "to": "2026-04-30"}, user=operator, now=now)
    assert (str(filters.period.first), str(filters.period.last)) == ("2026-03-10", "2026-03-18")
    assert "今天为止" in filters.problems[0]
    ahead = Filters.from_query({"from": "2026-05-01", "to": "2026-05-02"}, user=operator, now=now)
    assert (ahead.preset, str(ahead.period.last)) == ("7d", "2026-03-18")
    assert ahead.problems


def test_a_menu_keeps_what_is_chosen_however_many_there_are(client, operator, east):
    groups = Group.objects.bulk_create(
        Group(name=f"群{number:04d}", kind=GroupKind.VIP, team=east) for number in range(302)
    )
    page = client.get(reverse("admin:analytics_content"), {"group": groups[-1].pk})
    menu = next(menu for menu in page.context_data["bar"].menus if menu.name == "group")
    assert len(menu.options) == 301
    assert menu.options[-1] == (menu.chosen, "群0301")


def test_what_the_rollups_are_asked_is_counted(django_assert_num_queries, sales):
    """Rows in binary form pass Django's log and its wrappers: a test of constant queries sees a loop of them."""
    asked = []

    def wrapper(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with django_assert_num_queries(2), connection.execute_wrapper(wrapper):
        for _ in range(2):
            figures(
                scope=Scope(None), period=Period(date(2026, 3, 1), date(2026, 3, 2)), kinds=("order.paid",)
            )
    assert len(asked) == 2


def test_acquisition_tells_one_live_code_from_another(client, operator, east):
    """Links of our own by their codes; who comes by a member's link is theirs, not the link's."""
    run = make_run("assist")
    poster, member_link = (ShareLink.objects.create(key=key, run=run, channel="门店海报") for key in "ab")
    now = database_now()
    about = {"team_id": east.pk, "member_id": 1}
    record_facts(
        *(fact("link.clicked", now, data={"link": poster.pk}, **about) for _n in range(3)),
        fact("page.visited", now, data={"link": poster.pk}, **about),
        fact("visit.converted", now, data={"link": poster.pk, "kind": "login"}, **about),
        fact("link.clicked", now, data={"link": member_link.pk, "inviter": 7}, **about),
    )
    rebuild(now=database_now())
    campaign = run.campaign
    campaign.team = east
    campaign.save()
    page = client.get(reverse("admin:analytics_acquisition"), {"preset": "30d", "by": "link"})
    (row,) = page.context_data["charts"]["by"].table.rows
    assert poster.code in row[0].text
    assert [cell.value for cell in row[1:4]] == [3, 1, 1.0]


def test_another_teams_campaign_has_a_number_and_no_name(client, operator, east, west):
    """S1: our groups take part in what others hold; how theirs is called is theirs."""
    campaign = make_run("assist").campaign
    campaign.team, campaign.title = west, "西南的秘密活动"
    campaign.save()
    record_facts(
        fact("link.clicked", database_now(), data={"campaign": campaign.pk}, team_id=east.pk, member_id=1)
    )
    rebuild(now=database_now())
    explored = {"preset": "30d", "s1": "link.clicked", "s2": "order.paid", "by": "campaign"}
    for name, query in (("acquisition", {"preset": "30d", "by": "campaign"}), ("explore", explored)):
        address = reverse(f"admin:analytics_{name}")
        page = client.get(address, query).content.decode()
        assert "秘密" not in page
        assert f"活动 #{campaign.pk}" in page, name
        operator.teams.add(west)
        assert "秘密" in client.get(address, query).content.decode()
        operator.teams.remove(west)
