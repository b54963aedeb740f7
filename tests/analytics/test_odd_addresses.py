"""Whatever is in an address or a form of this room, nobody sees a 500."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import transaction
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.routes import all_pages
from apps.analytics.models import Goal
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.experiments import create_experiment
from apps.analytics.services.report_keys import create_key
from apps.analytics.services.reviews import start_review
from apps.analytics.services.rolling import rebuild
from apps.analytics.services.views import share_page
from apps.core.clock import database_now
from apps.core.registries import strategies_in
from apps.groups.models import Group
from apps.members.models import Member
from tests.analytics.facts import fact, record_facts
from tests.campaigns.factories import make_run

ROOM = Path(__file__).parents[2] / "apps" / "analytics"
ODD = (
    "", "-1", "0", "9" * 30, "²", "1e309", "NaN", "x" * 8_000, "2026-02-30", "9999-12-31", "0001-01-01", "9999-12",
    "999999-W01", "a\0b", "' OR 1=1 --", "%s", "../../etc/passwd",
)  # fmt: skip
RAW = {"key": b"\xed\xa0\x80\xff", "q": b"\xff"}
#: Fields that are also odd alone, beside others that are right: days and numbers that are calculated with.
ALONE = {
    "admin:analytics_goal_add": ("target", "starts_on", "ends_on"),
    "admin:analytics_goal_copy": ("month", "percent"),
    "admin:analytics_reportplan_add": ("hour",),
    "admin:analytics_reviews_start": ("month",),
    "admin:analytics_spend": ("day", "amount", "key"),
    "admin:analytics_views": ("days", "query"),
    "admin:analytics_simulator": ("query",),
    "admin:analytics_experiments": ("effect", "days"),
}
#: What the shell reads from every page's address, and each page's own names.
SHELL = (
    "preset",
    "from",
    "to",
    "team",
    "group",
    "campaign",
    "run",
    "dim",
    "key",
    "export",
    "format",
    "fragment",
)
OWN = {
    "forest": ("q", "member"),
    "goals": ("show", "goal"),
    "alerts": ("rule",),
    "content": ("heat",),
    "campaigns": ("mechanic", "pick1", "pick2"),
    "funnel": ("by",),
    "acquisition": ("by",),
    "people": ("segment", "cell"),
    "retention": ("grain", "start", "back", "mode", "split"),
    "reviews": ("kind",),
    "review": ("review", "version", "with"),
    "dictionary": ("q",),
    "rows": ("metric", "before", "kind", "variant", "step", "by", "of", "dim", "key"),
    "explore": ("mode", "by", "window", "unit", "grain", "strict", "since", "s1", "s2", "f1", "o1", "v1"),
}


@pytest.fixture
def world(team, architect, client, monkeypatch):
    """One of everything, and nobody held back for asking too much."""
    for place in (
        "apps.analytics.api.authentication._PER_MINUTE",
        "apps.analytics.api.authentication._PER_HOUR",
    ):
        monkeypatch.setattr(place, 10**6)
    monkeypatch.setattr("apps.analytics.admin.board.public._LOOKS", (10**6, 60))
    now = database_now()
    run = make_run("assist", opens_at=now - timedelta(days=2), closes_at=now - timedelta(days=1))
    member = Member.objects.create(nickname="王", phone="+8613900000001")
    about = {"campaign": run.campaign_id, "run": run.pk}
    record_facts(
        *(
            fact(
                kind,
                now - timedelta(hours=30),
                team=team,
                member_id=member.pk,
                group_id=1,
                value=5,
                data=about,
            )
            for kind in ("order.paid", "campaign.entered", "group.joined")
        )
    )
    rebuild(now=now)
    review, _is_new = start_review(kind="run", run=run, actor=architect, now=now)
    today = now.date()
    goal = Goal.objects.create(metric="revenue", target=1, starts_on=today, ends_on=today)
    client.force_login(architect)
    return {"run": run, "review": review, "goal": goal, "now": now}


def broken(asked):
    """What went wrong, of calls by name; whatever they wrote is undone."""
    found = []
    for name, call in asked:
        try:
            with transaction.atomic():
                answer = call()
                if getattr(answer, "streaming", False):
                    b"".join(answer.streaming_content)
                transaction.set_rollback(True)
        except Http404:
            continue
        except Exception as error:
            found.append((name, repr(error)[:300]))
            continue
        if getattr(answer, "status_code", 200) >= 500:
            found.append((name, answer.status_code))
    return found


def rotated(names, base=None, by=7):
    """All of ``names`` odd at once, in as many turns as there are odd values: each name meets each."""
    for n in range(len(ODD)):
        yield {**(base or {}), **{name: ODD[(n + by * place) % len(ODD)] for place, name in enumerate(names)}}


def one_by_one(names, base):
    """Each name meets each value while the others are as they should be."""
    return ({**base, name: value} for name in names for value in ODD)


def asking(client, method, address, queries):
    for query in queries:
        told = {name: str(value)[:40] for name, value in query.items()}
        yield f"{method} {address} {told}", lambda query=query: getattr(client, method)(address, query)


def doing(user, method, address, queries):
    """The view alone: no middleware, and its page is not drawn."""
    view = resolve(urlsplit(address).path)
    for query in queries:
        if method == "get":
            query = {name: str(value).replace("\0", "") for name, value in query.items()}
        told = {name: str(value)[:40] for name, value in query.items()}

        def call(query=query):
            request = getattr(RequestFactory(), method)(address, query)
            request.user, request.session, request.resolver_match = user, {}, view
            request._dont_enforce_csrf_checks = True
            request._messages = FallbackStorage(request)
            return view.func(request, *view.args, **view.kwargs)

        yield f"{method} {address} {told}", call


def test_pages_answer_whatever_the_address_says(world, architect):
    bases = {
        "rows": {"metric": "revenue", "preset": "7d"},
        "review": {"review": world["review"].pk},
        "explore": {"s1": "order.paid", "s2": "order.paid"},
    }

    def built(page, query):
        return page.build(Filters.from_query(query, user=architect, default=page.preset))

    asked = []
    for key, page in all_pages().items():
        for query in [*rotated(OWN.get(key, ()), {"preset": "today"} | bases.get(key, {}))]:
            asked.append((f"{key} {query}", lambda page=page, query=query: built(page, query)))
            if key not in OWN:
                break
    assert broken(asked) == []


def test_the_shell_answers_whatever_the_address_says(client, world, architect):
    def read(query):
        filters = Filters.from_query(query, user=architect)
        assert filters.period.first <= filters.period.last
        assert Filters.from_query(dict(parse_qsl(filters.query())), user=architect).period == filters.period

    asked = [
        (str(query), lambda query=query: read(query)) for query in one_by_one(SHELL, {"preset": "custom"})
    ]
    for key in all_pages():
        address = reverse(f"admin:analytics_{key}")
        asked += asking(client, "get", address, [dict(zip(SHELL, ODD, strict=False))])
    address = reverse("admin:analytics_overview")
    asked += asking(
        client, "get", address, [{"team": ["1", "x"], "from": ["", "2026-01-01"]}, {"from[]": "1"}, RAW]
    )
    rows = {"metric": "messages_unsent", "preset": "30d", "dim": "group", "key": "1", "variant": "failed"}
    rows |= {"step": "convert", "by": "source", "of": "扫码"}
    names = ("metric", "before", "kind", "variant", "step", "by", "of", "dim", "key", "from")
    for address in ("analytics_rows", "analytics_rows_export"):
        asked += asking(client, "get", reverse(f"admin:{address}"), one_by_one(names, rows))
    assert broken(asked) == []


def test_forms_answer_whatever_is_posted(client, world, architect, team):
    """Every form of the room: first all fields odd, then each of those that are read as numbers or days alone."""
    run, review = world["run"], world["review"]
    today = world["now"].date()
    about = {"team": "", "group": "", "campaign": "", "run": ""}
    month = f"{today:%Y-%m}"
    goal = {"metric": "revenue", "target": "5", "starts_on": today, "ends_on": today, **about}
    plan = {
        "name": "日报", "metrics": "revenue", "rhythm": "weekly", "weekday": 0, "month_day": 1, "hour": 8, "people": "",
        "channels": "", "team": "", "issues-TOTAL_FORMS": 0, "issues-INITIAL_FORMS": 0,
    }  # fmt: skip
    act = {
        "revision": "0",
        "number": "0",
        "hypothesis": "x",
        "text": "做",
        "owner": "",
        "due_on": today,
        "action": "1",
    }
    forms = {
        "admin:analytics_goal_add": goal,
        "admin:analytics_goal_copy": {"month": month, "percent": "100"},
        "admin:analytics_alertrule_add": {"metric": "revenue", "sensitivity": "normal", **about},
        "admin:analytics_reportplan_add": plan,
        "admin:analytics_reportkey_add": {"name": "x", "team": ""},
        "admin:analytics_alerts_seen": {"alert": "1", "note": "", "rule": "1"},
        "admin:analytics_reviews_start": {"kind": "month", "month": month, **about},
        "admin:analytics_spend": {"day": today, "amount": "5", "channel": "抖音", **about, "note": "", "key": "k"},
        "admin:analytics_views": {"do": "share", "page": "overview", "query": "", "days": "7", "name": "x", "id": "1"},
        "admin:analytics_simulator": {"query": f"campaign={run.campaign_id}", "name": "x"},
        "admin:analytics_experiments": {
            "name": "x", "metric": "repurchase_rate", "effect": "20", "days": "7", "groups": "1", "a": "a", "b": "b"
        },
    }  # fmt: skip
    asked = []
    for name, base in forms.items():
        asked += doing(architect, "post", reverse(name), [*rotated(base)][::2])
        asked += doing(architect, "post", reverse(name), one_by_one(ALONE.get(name, ()), base))
    asked += doing(architect, "post", reverse("admin:analytics_spend"), one_by_one(("back",), {}))
    views = {"page": "overview", "query": "", "days": "7", "name": "x", "id": "1", "team": "1"}
    for do in ("save", "delete", "share", "revoke"):
        asked += doing(architect, "post", reverse("admin:analytics_views"), rotated(views, {"do": do}))
    groups = Group.objects.bulk_create(Group(name=f"{number} 群", team=team) for number in range(10))
    experiment = create_experiment(
        name="x", hypothesis="x", metric="repurchase_rate", texts=["a", "b"], minimum_effect=0.5, days=3,
        groups=groups, actor=architect, now=world["now"],
    )  # fmt: skip
    address = reverse("admin:analytics_experiment", args=[experiment.pk])
    asked += doing(architect, "post", address, rotated(("step", "decision", "reason")))
    for verb in ("write", "publish", "reopen", "refresh", "add", "done", "drop", "odd"):
        address = reverse("admin:analytics_review_act", args=[review.pk, verb])
        asked += doing(architect, "post", address, rotated(act))
    # Drawn again with what was typed: menus look for what is chosen.
    for name in ("goal_add", "alertrule_add", "reportplan_add"):
        asked += asking(
            client,
            "post",
            reverse(f"admin:analytics_{name}"),
            [*rotated(forms[f"admin:analytics_{name}"])][::6],
        )
        asked += asking(client, "get", reverse(f"admin:analytics_{name}"), [dict.fromkeys(about, "²")])
    assert broken(asked) == []


def test_the_laboratory_answers_whatever_the_address_says(client, world, architect):
    run = world["run"]
    asked = []
    simulator = {"campaign": run.campaign_id}
    fields = client.get(reverse("admin:analytics_simulator"), simulator).content.decode()
    names = [name for name in dict.fromkeys(re.findall(r'name="([^"]+)"', fields)) if "csrf" not in name]
    assert len(names) > 5
    asked += doing(architect, "get", reverse("admin:analytics_simulator"), [*rotated(names, simulator)][::2])
    asked += asking(
        client, "get", reverse("admin:analytics_simulator"), one_by_one(("campaign", "n"), simulator)
    )
    asked += asking(
        client, "get", reverse("admin:analytics_lift"), one_by_one(("campaign", "run"), simulator)
    )
    names = ("name", "metric", "effect", "days", "groups", "a", "b")
    asked += doing(architect, "get", reverse("admin:analytics_experiments"), rotated(names, {"new": "1"}))
    assert broken(asked) == []


def test_the_api_and_shared_links_answer_whatever_is_asked(client, world, team, architect):
    _key, token = create_key(name="x", team=team, actor=architect, now=world["now"])
    machine = Client(headers={"Authorization": f"Bearer {token}"})
    span = {"from": "2026-03-01", "to": "2026-03-03"}
    names = ("from", "to", "dim", "key", "interval")
    asked = []
    for metric in ("revenue", "repurchase_rate", "members_in_groups", "nothing"):
        asked += asking(machine, "get", reverse("analytics:readings", args=[metric]), one_by_one(names, span))
    _view, secret = share_page(
        actor=architect, page="overview", query="preset=7d", days=7, now=world["now"], scope=Scope(None)
    )
    client.logout()
    asked += asking(client, "get", reverse("analytics_shared", args=[secret]), rotated(SHELL))
    for odd in ODD:
        asked += asking(client, "get", f"/share/{quote(odd[:300]) or '-'}/", [{}])
        asked += asking(machine, "get", f"/api/v1/metrics/{quote(odd[:300]) or '-'}/", [{}])
    assert broken(asked) == []


def test_numbers_in_paths_are_answered(client, world):
    asked = []
    for route in strategies_in("apps.analytics.admin.pages", "ROUTE").values():
        if "<" in route.path:
            for odd in ("0", "9" * 30, "9" * 5_000, "-1", "²", "x" * 300, "%2e%2e"):
                for count in range(1, route.path.count("<") + 1):
                    filled = re.sub("<[^>]+>", quote(odd, safe="%"), route.path, count=count)
                    filled = re.sub("<[^>]+>", "1", filled)
                    asked += asking(client, "get", f"/admin/analytics/{filled}", [{}])
    branch = reverse("admin:analytics_forest_branch", args=[-1, 1])
    asked += asking(client, "get", branch, one_by_one(("offset",), {}))
    assert broken(asked) == []


def test_every_name_that_this_room_reads_is_swept():
    """Whoever reads a new name from an address or a form puts it here too."""
    read = r"""(?:more|texts|GET|POST|query|typed)(?:\.get\(|\.getlist\(|\[)f?["']([a-z_]+)["']|chosen\(filters, "([a-z]+)\""""
    found = {
        name
        for file in (ROOM / "admin").rglob("*.py")
        for pair in re.findall(read, file.read_text())
        for name in pair
        if name
    }
    here = Path(__file__).read_text()
    assert {name for name in found if f'"{name}"' not in here} == set()
