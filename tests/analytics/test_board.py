"""The dashboards' shell: every page opens, for those who may; nothing in the address breaks it; scopes hold (S1, S5)."""

import csv
import io
import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.analytics.admin.board.charts import Cell, Chart, Column, Table
from apps.analytics.admin.board.export import exported
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.presets import PRESETS, previous_of
from apps.analytics.admin.board.routes import all_pages
from apps.analytics.selectors.periods import Period
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
def test_every_page_opens_in_an_empty_world_and_hands_out_its_charts(client, operator, key):
    page, address = all_pages()[key], reverse(f"admin:analytics_{key}")
    if not operator.has_perm(page.permission):
        pytest.skip("not for operators")
    answer = client.get(address)
    assert answer.status_code == 200
    for name in answer.context_data.get("charts", {}):
        if answer.context_data["charts"][name] is not None:
            assert client.get(address, {"export": name, "format": "xlsx"}).status_code == 200
    assert client.get(address, {"export": "none-such"}).status_code == 404


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


@pytest.mark.parametrize("key", ["overview", "funnel", "acquisition", "wall"])
def test_more_facts_are_not_more_queries(client, operator, east, key):
    def queries() -> int:
        rebuild(now=database_now())
        with CaptureQueriesContext(connection) as found:
            client.get(reverse(f"admin:analytics_{key}"), {"preset": "30d"})
        return len(found)

    def day(number: int) -> None:
        then = database_now() - timedelta(days=number)
        own = {"team_id": east.pk, "member_id": number + 1, "source": f"渠道{number}"}
        record_facts(
            fact("group.joined", then, group_id=number + 1, **own), fact("order.paid", then, value=9, **own)
        )

    day(0)
    queries()  # the sidebar's badges and the like are kept from now on
    few = queries()
    for number in range(1, 25):
        day(number)
    assert queries() == few


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
    page = client.get(reverse("admin:analytics_acquisition"), {"preset": "30d", "by": "link"})
    (row,) = page.context_data["charts"]["by"].table.rows
    assert poster.code in row[0].text
    assert [cell.value for cell in row[1:4]] == [3, 1, 1.0]
