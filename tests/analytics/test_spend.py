"""投放花费: entered once, taken back by its opposite, only for one's own team (S1)."""

from decimal import Decimal

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.core.clock import database_now
from apps.events.models import Event
from tests.campaigns.factories import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]
URL = "/admin/analytics/spend/"


def entry(team, /, **fields):
    values = {"day": f"{database_now():%Y-%m-%d}", "amount": "350.00", "channel": "抖音", "key": "k1"}
    return values | {"team": team.pk if team else "", "campaign": "", "note": "春节"} | fields


def test_a_spend_is_recorded_once_and_may_be_taken_back_once(client, make_user, team):
    user = make_user("op", Role.GROUP_OPERATOR, team)
    client.force_login(user)
    assert "还没有记过花费" in client.get(URL).content.decode()
    for _ in range(2):
        assert client.post(URL, entry(team)).status_code == 302
    event = Event.objects.get(kind="spend.recorded")
    assert (event.value, event.team, event.actor) == (Decimal("350.00"), team, user)
    assert event.data == {"channel": "抖音", "note": "春节"}
    for _ in range(2):
        client.post(URL, {"back": event.pk})
    values = Event.objects.filter(kind="spend.recorded").values_list("value", flat=True)
    assert sorted(values) == [-350, 350]
    back = Event.objects.get(value=-350)
    client.post(URL, {"back": back.pk})
    assert Event.objects.count() == 2
    page = client.get(URL).content.decode()
    assert "抖音" in page
    assert 'name="back"' not in page


def test_what_is_wrong_or_another_teams_is_refused_and_nothing_typed_is_lost(client, make_user, team):
    other = Team.objects.create(name="别队")
    client.force_login(make_user("op", Role.GROUP_OPERATOR, team))
    run = make_run("assist", {"stages": [2]})
    type(run.campaign).objects.filter(pk=run.campaign_id).update(team=other)
    for wrong in (
        {"amount": "0"},
        {"amount": "1.005"},
        {"amount": "-5"},
        {"day": "2999-01-01"},
        {"day": "1999-01-01"},
        {"channel": ""},
        {"team": other.pk},
        {"team": ""},
        {"campaign": run.campaign_id},
    ):
        answer = client.post(URL, entry(team, **wrong))
        assert answer.status_code == 200, wrong
        assert 'value="春节"' in answer.content.decode()
    client.post(URL, {"back": "9" * 40})
    assert not Event.objects.filter(kind="spend.recorded").exists()


def test_who_may_not_record_facts_sees_no_page(client, make_user, team):
    client.force_login(make_user("editor", Role.CONTENT_EDITOR, team))
    assert client.get(URL).status_code == 403
