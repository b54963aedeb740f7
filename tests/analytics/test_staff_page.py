"""员工工作量: what people did by hand, in the order of their names; whoever works for other teams too is not split."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.analytics.selectors.periods import last_days
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.staff import workload
from apps.analytics.services.rolling import rebuild
from apps.content_calendar.models import Post
from apps.core.clock import database_now
from apps.groups.models import Group
from tests.analytics.facts import fact, record_facts

pytestmark = pytest.mark.django_db


def test_work_by_hand(client, make_user):
    now: datetime = database_now()
    east, west = Team.objects.create(name="华东"), Team.objects.create(name="华西")
    busy, other = (
        make_user("a-busy", Role.GROUP_OPERATOR, east),
        make_user("b-both", Role.GROUP_OPERATOR, east, west),
    )
    stranger = make_user("c-west", Role.GROUP_OPERATOR, west)
    for user, action, count in (
        (busy, "approval.approve", 2),
        (busy, "approval.reject", 1),
        (busy, "grant.ship", 4),
        (busy, "member.reveal", 9),  # looking is not counted as work
        (other, "grant.ship", 5),
        (stranger, "order.refund", 1),
    ):
        AuditEntry.objects.bulk_create(AuditEntry(actor=user, action=action, at=now) for _ in range(count))
    AuditEntry.objects.create(actor=busy, action="grant.ship", at=now - timedelta(days=40))
    Post.objects.create(title="早安", author=busy, team=east)
    Group.objects.create(name="甲", kind="vip", team=east, owner=busy, member_count=30)
    Group.objects.create(name="乙", kind="vip", team=east, owner=busy, member_count=12, stage="closed")
    redeemed = {"actor": busy, "team_id": east.pk, "member_id": 1, "value": 5}
    record_facts(*(fact("coupon.redeemed", now, **redeemed) for _ in range(3)),
                 fact("coupon.returned", now, **{**redeemed, "value": -5}))  # fmt: skip
    rebuild(now=now)
    period = last_days(7, now)
    (mine,) = workload(Scope(frozenset({east.pk})), period)
    assert mine.user == busy
    assert {kind: count for kind, count in mine.done.items() if count} == {
        "approvals": 3, "fulfilments": 4, "posts": 1, "write_offs": 2,
    }  # fmt: skip
    assert (mine.groups, mine.members) == (1, 30)
    everybody = {str(one.user): one for one in workload(Scope(None), period)}
    assert list(everybody) == sorted(everybody)
    assert everybody["b-both"].done["fulfilments"] == 5

    client.force_login(make_user("architect", Role.ARCHITECT))
    rows = client.get(reverse("admin:analytics_staff")).context_data["charts"]["work"].table.rows
    assert [row[0].text for row in rows] == ["a-busy", "b-both", "c-west"]
    opened = 0
    for row in rows:
        for cell in row[1:]:
            if cell.url.startswith("/admin/accounts/"):  # the audit's rows behind the figure, and no others
                opened += 1
                assert client.get(cell.url).context_data["cl"].result_count == cell.value
    assert opened >= 6
    (owned,) = (
        client.get(reverse("admin:analytics_staff"), {"team": east.pk})
        .context_data["charts"]["owned"]
        .table.rows
    )
    assert client.get(owned[1].url).context_data["cl"].result_count == owned[1].value == 1
    client.force_login(busy)
    assert client.get(reverse("admin:analytics_staff")).status_code == 403
