"""积分与券: sums equal the ledgers, another team's are left out, what cannot be bounded is said."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.admin.pages.liabilities import point_rate
from apps.analytics.selectors.liabilities import coupon_months, coupons_owed, points_owed
from apps.analytics.selectors.periods import day_of
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Coupon
from apps.core.clock import database_now
from apps.members.models import Member, PointsEntry
from apps.members.models.member import MemberTeam
from apps.members.services.points import adjust_points
from tests.campaigns.factories import make_benefit, make_member

pytestmark = pytest.mark.django_db


def test_points_equal_the_ledger(client, make_user, settings):
    now = database_now()
    east = Team.objects.create(name="华东")
    first, second = make_member("甲"), make_member("乙")
    MemberTeam.objects.create(member=first, team=east)
    for number, (member, delta) in enumerate(((first, 500), (first, -120), (second, 70))):
        adjust_points(member=member, delta=delta, actor=None, now=now, reason="测试", key=str(number))
    rebuild(now=now)
    house, team = points_owed(Scope(None)), points_owed(Scope(frozenset({east.pk})))
    assert house.points == 450 == PointsEntry.objects.aggregate(n=Sum("delta"))["n"]
    assert house.points == Member.objects.aggregate(n=Sum("points_balance"))["n"]
    assert (house.members, team.members, team.points) == (2, 1, 380)
    settings.POINT_YUAN = "0.01"
    client.force_login(make_user("architect", Role.ARCHITECT))
    answer = client.get(reverse("admin:analytics_liabilities"))
    this_month = answer.context_data["charts"]["points"].table.rows[-1]
    assert [cell.value for cell in this_month[1:]] == [570, 120]
    assert "¥4.50" in answer.text


@pytest.mark.parametrize("text", ["", "abc", "-1", "0", "NaN", "Infinity"])
def test_a_rate_that_is_none_values_nothing(settings, text):
    settings.POINT_YUAN = text
    assert point_rate() is None


def test_coupons_equal_the_table(client, make_user):
    now = database_now()
    east, west = Team.objects.create(name="华东"), Team.objects.create(name="华西")
    ours, theirs = (
        make_benefit(BenefitKind.COUPON, coupon_kind="fixed", coupon_value=Decimal(10), team=team)
        for team in (east, west)
    )

    def coupon(benefit, days, **fields):
        return Coupon(
            benefit=benefit, valid_from=now - timedelta(days=40), issued_at=now,
            valid_until=None if days is None else now + timedelta(days=days),
            **{"kind": "fixed", "value": Decimal(10), **fields},
        )  # fmt: skip

    Coupon.objects.bulk_create(
        [
            coupon(ours, 3), coupon(ours, 20), coupon(ours, 200), coupon(ours, None),
            coupon(ours, 3, kind="percent", value=Decimal(85), cap=Decimal(30)),
            coupon(ours, 3, kind="percent", value=Decimal(85)), coupon(ours, 3, kind="exchange", value=Decimal(0)),
            coupon(ours, 9, state="used", used_at=now, saved_amount=Decimal(10)), coupon(ours, -1),
            coupon(ours, -1, state="expired"), coupon(ours, 9, state="void"), coupon(theirs, 3),
        ]
    )  # fmt: skip
    scope = Scope(frozenset({east.pk}))
    found = {one.stretch: one for one in coupons_owed(scope, now)}
    assert {stretch: one.coupons for stretch, one in found.items()} == {0: 4, 1: 1, 3: 1, 4: 1}
    assert (found[0].worth, found[0].open_ended) == (Decimal(40), 2)
    assert sum(one.coupons for one in coupons_owed(Scope(None), now)) == 8
    today = day_of(now)
    (month,) = coupon_months(scope, [today.replace(day=1)], now)
    assert (month.issued, month.used, month.saved) == (11, 1, Decimal(10))
    assert month.expired == (2 if today.day > 1 else 0)
    still = sum(one.coupons for one in coupons_owed(scope, now))
    gone = Coupon.objects.filter(benefit=ours, state__in=["used", "expired", "void"]).count() + 1
    assert still + gone == Coupon.objects.filter(benefit=ours).count()
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, east))
    table = client.get(reverse("admin:analytics_liabilities")).context_data["charts"]["coupons"].table
    assert [[cell.value for cell in row][1:3] for row in table.rows] == [[7, 4]]
    # Each opens the coupons that it counts, of the team that was chosen.
    client.force_login(make_user("architect", Role.ARCHITECT))
    for team, count in ((east, 7), (west, 1)):
        page = client.get(reverse("admin:analytics_liabilities"), {"team": team.pk}).context_data
        (row,) = page["charts"]["coupons"].table.rows
        tile = next(tile for tile in page["tiles"] if "/coupon/" in tile.url)
        assert (row[1].value, tile.text) == (count, str(count))
        for url in (row[1].url, tile.url):
            assert client.get(url).context_data["cl"].result_count == count
