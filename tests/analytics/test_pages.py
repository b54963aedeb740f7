"""What every page promises: each figure opens exactly its rows (A2), each choice offered is obeyed by every part or the
part says that it is not, small worlds look right, and more of everything is not more queries."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.analytics.admin.board.charts import Cell, Chart
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.routes import all_pages
from apps.analytics.enums import Unit
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from apps.groups.models import Group
from tests.analytics.boards import staff
from tests.analytics.facts import fact, record_facts
from tests.analytics.pair import Pair, make_pair

pytestmark = pytest.mark.django_db

PAGES = {key: page for key, page in all_pages().items() if page.in_sidebar}
ROWS = "/admin/analytics/rows/"
#: Facts that take one back: the figure is a difference, its rows are both.
NET = {"net_growth", "coupons_redeemed", "contributions"}
#: Made from the rows that they open, but none of their counts.
MADE_FROM = {("groups", "matrix", 3), ("groups", "score", 3), ("groups", "groups", 12)}
#: Coupons in their own ledger, of which this world's facts know nothing.
OTHER_LEDGER = {("liabilities", "coupon_months", 2)}


@pytest.fixture
def architect() -> User:
    return staff("architect", Role.ARCHITECT)


@pytest.fixture
def pair() -> Pair:
    return make_pair(database_now() - timedelta(hours=1))


def built(key: str, user: User, pair: Pair, **query: object) -> dict[str, Any]:
    page = PAGES[key]
    texts = {name: str(value) for name, value in query.items()}
    return page.build(Filters.from_query(texts, user=user, now=pair.now, default=page.preset))


def figures_of(key: str, page: dict[str, Any]) -> Iterator[tuple[tuple[str, str, int], str, str]]:
    """(where, text, address) of what a page shows: all tiles, and the first and last two rows of each table."""
    for tile in page.get("tiles", []):
        yield (key, str(tile.label), 0), tile.text, tile.url
    charts: dict[str, Chart] = page.get("charts", {})
    for name, chart in charts.items():
        rows = chart.table.rows
        for row in rows if len(rows) < 5 else [*rows[:2], *rows[-2:]]:
            cells: list[Cell] = row[1:]
            for column, cell in enumerate(cells, start=1):
                yield (key, name, column), cell.text, cell.url


def test_every_figure_opens_exactly_its_rows(pair, architect):
    """A2: the rows page shows the same figure, and where it counts, as many facts or members as it says."""
    days = {"from": (pair.now - timedelta(days=1)).date(), "to": pair.now.date()}
    here = {"team": pair.here.team.pk, "group": pair.here.group.pk}
    choices = [days, days | here, days | {"campaign": pair.here.campaign.pk}]
    seen, wrong = set(), []
    for key, page in PAGES.items():
        for choice in choices:
            if choice is not days and not {"group", "campaign"} & {*page.filters} & {*choice}:
                continue
            for where, text, url in figures_of(key, built(key, architect, pair, **choice)):
                if not url.startswith(ROWS) or (text, url) in seen or where in MADE_FROM | OTHER_LEDGER:
                    continue
                seen.add((text, url))
                if said := told_otherwise(text, url, architect, pair):
                    wrong.append((where, text, said, url))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(seen) > 300


def told_otherwise(text: str, url: str, user: User, pair: Pair) -> object:
    """What the rows page behind ``url`` says instead of ``text``; None when it says the same."""
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    filters = Filters.from_query(query, user=user, now=pair.now)
    found = all_pages()["rows"].build(filters)
    if filters.problems or "metric" not in found:
        return filters.problems or "no such metric"
    counts = {tile.text for tile in found["tiles"]}
    said, metric = found["figure"], found["metric"]
    if {"step", "variant", "kind"} & {*query}:  # a part of the metric's facts: of a share its upper number
        if "%" in text:
            return None
        upper = text.split("（")[-1].split("/")[0] if "/" in text else text
        return None if upper in counts else counts
    if not text.startswith(said["text"]):
        return said["text"]
    is_count = metric.unit in (Unit.COUNT, Unit.PEOPLE) and not said["denominator"] and metric.key not in NET
    return counts if is_count and text not in counts else None


#: Parts that this world has nothing for, or that ask first: whatever is chosen, they are empty.
SILENT = {
    ("alerts", "alerts"), ("goals", "goals"), ("groups", "quiet"), ("groups", "copies"), ("content", "materials"),
    ("liabilities", "promises"), ("people", "trend"), ("forest", "odd"), ("forest", "rewards"),
    ("forest", "tile 可疑的形状"),
    ("groups", "tile 变安静的群"), ("groups", "tile 复制成功率"), ("overview", "tile 复制成功率"),
    ("liabilities", "tile 积分折合"), ("liabilities", "tile 已答应未交付的礼品"),
}  # fmt: skip

#: Full marks for all but staying, whichever days are looked at.
ALIKE = {("period", "groups", "tile 健康分"), ("period", "overview", "tile 健康分")}


def parts_of(page: dict[str, Any]) -> dict[str, tuple[list[str], tuple[str, ...]]]:
    """{part: (all that it says, the choices that it declares not to follow)}."""
    found: dict[str, tuple[list[str], tuple[str, ...]]] = {}
    for tile in page.get("tiles", []):
        found[f"tile {tile.label}"] = ([tile.text], tile.beyond)
    for name, chart in page.get("charts", {}).items():
        said = [cell.text for row in chart.table.rows for cell in row]
        found[name] = (said, chart.beyond)
    return found


@pytest.mark.parametrize("choice", ["period", "team", "group", "campaign"])
def test_every_part_follows_each_choice_or_says_that_it_does_not(pair, architect, choice):
    """One of two, and the other: what does not change, and does not say so, has not obeyed."""
    today, before = pair.now.date(), (pair.now - timedelta(days=8)).date()
    ways: dict[str, list[dict[str, object]]] = {
        "period": [{"from": last - timedelta(days=1), "to": last} for last in (today, before)],
        "team": [{"team": place.team.pk} for place in (pair.near, pair.far)],
        "group": [{"group": place.group.pk} for place in (pair.here, pair.near)],
        "campaign": [{"campaign": place.campaign.pk} for place in (pair.here, pair.near)],
    }
    wrong = []
    for key, page in PAGES.items():
        if choice not in page.filters:
            continue
        one, other = (parts_of(built(key, architect, pair, **way)) for way in ways[choice])
        for name in one.keys() & other.keys():
            (said, beyond), (said_of_other, _beyond) = one[name], other[name]
            is_silent = said == said_of_other and {*said} <= {"—", "0"} and (key, name) in SILENT
            if (choice, key, name) in ALIKE or is_silent:
                continue
            if (said == said_of_other) != (choice in beyond):
                wrong.append((key, name, said[:8]))
    assert not wrong, "\n".join(map(str, wrong))


def a_day(east: Team) -> None:
    """One member who came, looked and paid, today."""
    now = database_now()
    of = {"team_id": east.pk, "member_id": 1, "source": "扫码"}
    record_facts(*(fact(kind, now, **of) for kind in ("group.joined", "page.viewed", "link.clicked")))
    record_facts(fact("order.paid", now, value=9, **of))


def a_group(east: Team) -> None:
    """One group, over a few weeks."""
    now = database_now()
    group = Group.objects.create(name="独苗群", kind="vip", team=east)
    for ago in (1, 9, 20, 45):
        then, of = now - timedelta(days=ago), {"team_id": east.pk, "group_id": group.pk, "member_id": ago}
        record_facts(fact("group.joined", then, **of), fact("member.messaged", then, **of))
        record_facts(fact("order.paid", then, value=9, **of), fact("group.left", now, **of))


@pytest.mark.parametrize("fill", [None, a_day, a_group], ids=["empty", "one day", "one group"])
def test_every_page_opens_in_a_small_world_and_hands_out_its_charts(client, architect, fill):
    """No crash, nothing divided by zero, no percentage of a handful, and whatever is empty says what to do."""
    east = Team.objects.create(name="华东组")
    if fill:
        fill(east)
        rebuild(now=database_now())
    client.force_login(architect)
    for key, page in PAGES.items():
        address = reverse(f"admin:analytics_{key}")
        answer = client.get(address)
        assert answer.status_code == 200, key
        charts = answer.context_data.get("charts", {})
        for name, chart in charts.items():
            assert client.get(address, {"export": name, "format": "xlsx"}).status_code == 200, (key, name)
            assert not chart.table.is_empty or len(str(chart.empty)) >= 8 or key == "explore", (key, name)
            texts = [cell.text for row in chart.table.rows for cell in row]
            assert not [text for text in texts if text in ("nan", "inf", "NaN", "None")], (key, name)
        for tile in answer.context_data.get("tiles", []):
            is_share = all_metrics()[tile.metric_key].unit == Unit.PERCENT if tile.metric_key else False
            assert not is_share or "%" not in tile.text or tile.metric_key == "roi", (key, tile)
        assert client.get(address, {"export": "none-such"}).status_code == 404
        assert page.help, key


def test_more_of_everything_is_not_more_queries(client, architect, pair):
    """Of days, groups, campaigns, members, coupons: every page asks as often as before."""
    client.force_login(architect)

    def asked() -> dict[str, int]:
        cache.clear()  # the sidebar's badges, the forest's sums
        found = {}
        for key in PAGES:
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse(f"admin:analytics_{key}"), {"preset": "30d"})
            found[key] = len(queries)
        return found

    asked()
    few = asked()
    make_pair(pair.now - timedelta(days=3), "2")
    assert asked() == few
