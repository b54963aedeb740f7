"""预警: yesterday is judged once, and told to those concerned."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Notice, Team
from apps.analytics.models import Alert, AlertRule, Watermark
from apps.analytics.services.alerts import acknowledge, watch
from apps.analytics.services.rolling import rebuild
from apps.core.errors import NotAllowed
from tests.analytics.facts import at, fact, record_facts

NOW = at("2026-03-21 09:00")


@pytest.fixture
def a_drop(team):
    """25 orders a day for nine weeks; yesterday 4."""
    start = at("2026-03-20 10:00")
    record_facts(
        *(
            fact("order.paid", start - timedelta(days=day), member_id=n + 1, value=50, team_id=team.pk)
            for day in range(60)
            for n in range(4 if day == 0 else 25)
        )
    )
    rebuild(now=NOW)


@pytest.fixture
def rule(team, make_user):
    owner = make_user("operator", Role.GROUP_OPERATOR, team)
    return AlertRule.objects.create(metric="orders", team=team, owner=owner)


def test_a_drop_is_told_once(rule, a_drop):
    assert watch(now=NOW) == 1
    assert watch(now=NOW) == 0
    alert = Alert.objects.get()
    assert (alert.value, alert.expected) == (4, 25)
    assert alert.value < alert.low < 25 < alert.high
    notice = Notice.objects.get()
    assert notice.user == rule.owner
    assert "4" in notice.text
    assert notice.url == alert.get_absolute_url()


def test_a_day_like_the_others_is_silent(rule, a_drop):
    """The day before yesterday had its 25 orders."""
    before = NOW - timedelta(days=1)
    assert watch(now=before) == 0
    rule.refresh_from_db()
    assert rule.looked_on.isoformat() == "2026-03-19"


def test_nothing_is_judged_before_the_day_is_counted(rule, a_drop):
    Watermark.objects.update(rolled_at=at("2026-03-20 23:59"))
    assert watch(now=NOW) == 0
    rule.refresh_from_db()
    assert rule.looked_on is None


def test_an_owner_who_sees_it_no_more_is_not_told(rule, a_drop):
    rule.owner.teams.clear()
    assert watch(now=NOW) == 1
    assert not Notice.objects.exists()


def test_rules_that_are_off_or_new_raise_nothing(team, a_drop):
    AlertRule.objects.create(metric="orders", team=team, is_active=False)
    AlertRule.objects.create(metric="orders", team=Team.objects.create(name="新团队"))
    AlertRule.objects.create(metric="gone", team=team)
    assert watch(now=NOW) == 0


def test_alerts_are_dealt_with_by_those_who_see_them(client, rule, a_drop, make_user):
    watch(now=NOW)
    stranger = make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南组"))
    assert acknowledge(alerts=Alert.objects.all(), actor=stranger, now=NOW) == 0
    with pytest.raises(NotAllowed):
        acknowledge(alerts=Alert.objects.all(), actor=make_user("s", Role.MEMBER_SERVICE), now=NOW)
    client.force_login(rule.owner)
    page = client.get(reverse("admin:analytics_alerts")).content.decode()
    assert page.count('data-testid="alert"') == 1
    client.post(
        reverse("admin:analytics_alerts_seen"), {"alert": [Alert.objects.get().pk], "note": "支付断了两小时"}
    )
    alert = Alert.objects.get()
    assert (alert.seen_by, alert.note) == (rule.owner, "支付断了两小时")
    assert acknowledge(alerts=Alert.objects.all(), actor=rule.owner, now=NOW, note="又一次") == 0
    client.force_login(stranger)
    assert 'data-testid="alert"' not in client.get(reverse("admin:analytics_alerts")).content.decode()
