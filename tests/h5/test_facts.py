"""From a click to an order: each step is a fact with the link's names (A2, A3)."""

from decimal import Decimal

import pytest
from django.utils import timezone

from apps.campaigns.services.engine import Origin
from apps.campaigns.services.sharing import link_for
from apps.events.models import Event
from apps.groups.models import Group
from apps.h5.services.clicks import count_click
from apps.h5.services.playing import act_as_member, open_as_member
from apps.h5.services.visits import adopt_visitor, touch
from tests.campaigns.factories import make_member, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]
NOW = timezone.now()


def test_a_whole_chain_carries_its_link(team):
    run = make_run("group_buy", {"size": 2, "price": "20.00"}, stock=5)
    type(run.campaign).objects.filter(pk=run.campaign_id).update(team=team)
    first = Group.objects.create(name="甲群", kind="benefit", team=team)
    last = Group.objects.create(name="乙群", kind="benefit", team=team)
    sharer, leader, friend = (make_member() for _ in range(3))
    early = link_for(run=run, group=first, channel="poster", now=NOW)
    late = link_for(run=run, group=last, inviter_id=sharer.pk, channel="share", now=NOW)
    for link in (early, late):
        count_click(link, member_id=None, now=NOW)
        touch(token="browser", run_id=run.pk, link=link, now=NOW)
    adopt_visitor(token="browser", member_id=leader.pk, now=NOW)

    def act(work, **values):
        return work(params={}, key="k", origin=Origin(), visitor_token=values.pop("token"), now=NOW, **values)

    outcome = act(open_as_member, run_id=run.pk, member_id=leader.pk, token="browser")
    act(act_as_member, code=outcome.code, verb="join", member_id=friend.pk, token="")
    act(open_as_member, run_id=run.pk, member_id=leader.pk, token="browser")  # C11: nothing twice

    came = {"run": run.pk, "campaign": run.campaign_id, "channel": "share", "inviter": sharer.pk}
    facts = list(Event.objects.order_by("id"))
    by_kind: dict[str, list[Event]] = {}
    for fact in facts:
        by_kind.setdefault(fact.kind, []).append(fact)
    clicks = by_kind["link.clicked"]
    assert [(c.group_id, c.data["channel"], c.data["link"]) for c in clicks] == [
        (first.pk, "poster", early.pk),
        (last.pk, "share", late.pk),
    ]
    visits = by_kind["page.visited"]
    assert [(v.group_id, v.data["channel"]) for v in visits] == [(first.pk, "poster"), (last.pk, "share")]
    login, entry, part = by_kind["visit.converted"]
    assert login.data["link"] == entry.data["link"] == late.pk
    assert [login.data["kind"], entry.data["kind"], part.data["kind"]] == ["login", "entry", "part"]
    for fact in (login, entry):
        assert fact.group_id == last.pk
        assert came.items() <= fact.data.items()
        assert fact.data["first"] == {"channel": "poster", "group": first.pk}
    assert (part.group_id, part.data["first"], part.data["is_new"]) == (None, {}, False)
    (entered,) = by_kind["campaign.entered"]
    assert entered.group_id == last.pk
    assert came.items() <= entered.data.items()
    own, friends = sorted(by_kind["order.created"], key=lambda fact: fact.member_id)
    assert (own.group_id, own.value) == (last.pk, Decimal("20.00"))
    assert came.items() <= own.data.items()
    assert (friends.group_id, friends.data.get("channel")) == (None, None)
    assert friends.data["run"] == run.pk
    assert {fact.team_id for fact in (*clicks, *visits, login, entry, part)} == {team.pk}
