"""Saved views and shared links: what is given away is frozen, read-only, and ends with its sharer's rights (S1)."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team, User
from apps.analytics.admin.board.filters import labels
from apps.analytics.admin.board.routes import all_pages
from apps.analytics.models import Alert, AlertRule, Goal, SavedView, SharedView
from apps.analytics.selectors.periods import day_of
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.sharing import frozen_scope, has_rights, with_rights
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from apps.groups.models import Group
from tests.analytics.boards import staff
from tests.analytics.facts import fact, record_facts

pytestmark = pytest.mark.django_db
VIEWS = "/admin/analytics/views/"


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
def link(client, operator, east, west) -> str:
    """The address that the operator of the east gave away: 100 of the house's 1,000 yuan."""
    now = database_now()
    record_facts(
        fact("order.paid", now, team_id=east.pk, member_id=1, value=100),
        fact("order.paid", now, team_id=west.pk, member_id=2, value=900),
    )
    rebuild(now=now)
    answer = client.post(VIEWS, {"do": "share", "page": "overview", "query": "preset=7d", "days": "7"})
    client.logout()
    return urlsplit(answer.context_data["link"]).path


def test_a_link_shows_the_sharers_figures_without_signing_in(client, link):
    answer = client.get(link)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "¥100.00" in text
    assert "900" not in text
    # Read-only: nothing leads into the admin, and the address cannot ask for more.
    assert "/admin/" not in text.replace("/admin/jsi18n", "")
    assert (
        client.get(link, {"team": "2", "preset": "30d", "export": "money"}).content.decode().count("近 7 天")
    )
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]
    assert client.post(link).status_code == 405
    assert SharedView.objects.get().views == 2


def test_only_the_hash_of_a_link_is_kept(link):
    token = link.strip("/").split("/")[-1]
    row = SharedView.objects.get()
    assert token not in str(vars(row))
    assert len(row.token_hash) == 64
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"dashboard.share"}


@pytest.mark.parametrize("loss", ["team", "role", "account", "expired", "revoked", "wrong"])
def test_a_link_ends_with_what_its_sharer_had(client, link, operator, loss):
    assert client.get(link).status_code == 200
    match loss:
        case "team":
            operator.teams.clear()
        case "role":
            operator.groups.clear()
        case "account":
            User.objects.filter(pk=operator.pk).update(is_active=False)
        case "expired":
            SharedView.objects.update(created_at=database_now() - timedelta(days=9))
            SharedView.objects.update(expires_at=database_now() - timedelta(seconds=1))
        case "revoked":
            client.force_login(operator)
            client.post(VIEWS, {"do": "revoke", "id": str(SharedView.objects.get().pk)})
            client.logout()
        case "wrong":
            link = link[:-2] + ("a/" if link[-2] != "a" else "b/")
    answer = client.get(link)
    assert answer.status_code == 404
    assert "打不开" in answer.content.decode()
    assert "¥" not in answer.content.decode()


def test_more_teams_for_the_sharer_are_not_more_for_the_link(client, link, operator, west):
    operator.teams.add(west)
    assert "¥100.00" in client.get(link).content.decode()


def test_looking_too_often_is_refused(client):
    assert {client.get("/share/no-such-link/", REMOTE_ADDR="10.9.8.7").status_code for _ in range(62)} == {
        404,
        429,
    }


def test_a_link_is_taken_back_by_its_sharer_or_an_architect_only(client, link):
    row = SharedView.objects.get()
    client.force_login(staff("analyst", Role.ANALYST))
    client.post(VIEWS, {"do": "revoke", "id": str(row.pk)})
    row.refresh_from_db()
    assert row.revoked_at is None
    client.force_login(staff("architect", Role.ARCHITECT))
    client.post(VIEWS, {"do": "revoke", "id": str(row.pk)})
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_a_content_editor_may_look_but_not_share(client, east):
    client.force_login(staff("editor", Role.CONTENT_EDITOR, east))
    page = client.get(reverse("admin:analytics_overview"))
    assert page.status_code == 200
    assert not page.context_data["tools"].lifetimes
    client.post(VIEWS, {"do": "share", "page": "overview", "query": "", "days": "7"})
    assert not SharedView.objects.exists()


def test_a_view_for_the_team_is_seen_by_the_team_and_nobody_else(client, operator, east, west):
    client.post(
        VIEWS,
        {
            "do": "save",
            "page": "funnel",
            "query": "preset=30d&by=group&junk=%00",
            "name": " 每周  看 ",
            "team": east.pk,
        },
    )
    client.post(VIEWS, {"do": "save", "page": "funnel", "query": "preset=7d", "name": "只给我"})
    assert SavedView.objects.get(name="每周 看").team == east

    def seen_by(user: User) -> set[str]:
        client.force_login(user)
        return {
            view.name for view in client.get(reverse("admin:analytics_funnel")).context_data["tools"].saved
        }

    assert seen_by(operator) == {"每周 看", "只给我"}
    assert seen_by(staff("colleague", Role.GROUP_OPERATOR, east)) == {"每周 看"}
    stranger = staff("stranger", Role.GROUP_OPERATOR, west)
    assert seen_by(stranger) == set()
    client.post(VIEWS, {"do": "delete", "id": SavedView.objects.get(name="只给我").pk})
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize(
    "form",
    [
        {"do": "save", "page": "nowhere", "name": "x"},
        {"do": "save", "page": "overview", "name": "  "},
        {"do": "save", "page": "overview", "name": "x", "team": "99999"},
        {"do": "save", "page": "overview", "name": "x", "team": "²"},
        {"do": "share", "page": "overview", "days": "10000"},
        {"do": "share", "page": "dictionary", "days": "7"},
        {"do": "delete", "id": "x"},
        {"do": "burn"},
        {},
    ],
)
def test_odd_forms_are_refused_in_words(client, operator, form):
    answer = client.post(VIEWS, form, follow=True)
    assert answer.status_code == 200
    assert [str(message) for message in answer.context["messages"]]
    assert not SavedView.objects.exists()
    assert not SharedView.objects.exists()


@pytest.mark.parametrize(
    "key", sorted(key for key, page in all_pages().items() if page.can_share and page.in_sidebar)
)
def test_no_shared_page_leads_inside(client, link, operator, key):
    """Whatever a page shows to staff, a stranger gets no address of the admin and no form."""
    client.force_login(operator)
    answer = client.post(VIEWS, {"do": "share", "page": key, "query": "preset=30d", "days": "1"})
    if "link" not in (answer.context_data or {} if hasattr(answer, "context_data") else {}):
        pytest.skip("not for operators")
    client.logout()
    page = client.get(urlsplit(answer.context_data["link"]).path)
    assert page.status_code == 200
    assert 'href="/admin/' not in page.content.decode()
    assert "<form" not in page.content.decode()


@pytest.mark.parametrize("page", ["goals", "alerts"])
def test_a_link_shows_the_goals_and_alerts_of_what_was_shared(client, operator, east, west, page):
    """Not those of the teams that its sharer has come to since."""
    days = {"starts_on": day_of(database_now()), "ends_on": day_of(database_now())}
    for team in (east, west):
        Goal.objects.create(metric="revenue", team=team, target=9, **days)
        rule = AlertRule.objects.create(metric="orders", team=team)
        Alert.objects.create(rule=rule, day=days["starts_on"], value=1, expected=5, low=3, high=7)
    rebuild(now=database_now())
    answer = client.post(VIEWS, {"do": "share", "page": page, "query": "", "days": "7"})
    link = urlsplit(answer.context_data["link"]).path
    operator.teams.add(west)
    client.logout()
    text = client.get(link).content.decode()
    assert "华东组" in text
    assert "西南组" not in text


def test_a_link_names_nothing_that_its_sharer_has_come_to_see_since(client, operator, east, west):
    group = Group.objects.create(name="西南的群", kind="vip", team=west)
    answer = client.post(
        VIEWS, {"do": "share", "page": "content", "query": f"preset=7d&group={group.pk}", "days": "7"}
    )
    view = SharedView.objects.get()
    SharedView.objects.update(query=f"preset=7d&group={group.pk}")
    operator.teams.add(west)
    client.get(VIEWS)
    assert labels([({"group": str(group.pk)}, frozen_scope(view))], now=database_now(), defaults=["7d"]) == [
        labels([({}, frozen_scope(view))], now=database_now(), defaults=["7d"])[0]
    ]
    client.logout()
    assert "西南的群" not in client.get(urlsplit(answer.context_data["link"]).path).content.decode()


def test_many_links_cost_as_many_queries_as_one(client, operator, east, west):
    """Of several sharers, some without the right, each naming a group."""
    group = Group.objects.create(name="东边的群", kind="vip", team=east)
    client.post(VIEWS, {"do": "share", "page": "content", "query": f"group={group.pk}", "days": "7"})
    one = SharedView.objects.get()
    client.force_login(staff("architect", Role.ARCHITECT))

    def looked() -> tuple[int, list[str]]:
        with CaptureQueriesContext(connection) as found:
            page = client.get(VIEWS)
        return len(found), [f"{link.state} {link.label}" for link in page.context_data["links"]]

    looked()
    few, said = looked()
    assert said == [
        f"works 内容效果 · {labels([({}, Scope(None))], now=database_now(), defaults=['30d'])[0]} · 东边的群"
    ]
    sharers = [staff(f"sharer {n}", Role.GROUP_OPERATOR, *((east,) if n % 2 else (west,))) for n in range(4)]
    SharedView.objects.bulk_create(
        SharedView(
            sharer=sharers[n % 4], page=page, query=one.query, team_ids=[east.pk], expires_at=one.expires_at, created_at=one.created_at,
            token_hash=f"{n:064d}",
        )
        for n, page in enumerate(["content"] * 6)
    )  # fmt: skip
    many, said = looked()
    assert many == few
    assert sorted(line.split()[0] for line in said) == ["lost"] * 3 + ["works"] * 4
    for view in SharedView.objects.select_related("sharer"):
        wanted = has_rights(view, "analytics.view_dashboard")
        assert (view.pk in with_rights([view], {"content": "analytics.view_dashboard"})) == wanted
