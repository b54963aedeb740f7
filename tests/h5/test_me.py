"""我的: what waits comes first, everything is one's own (S2), at a literal number of queries."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.campaigns.enums import BenefitKind, RunState
from apps.campaigns.models import Coupon, Grant, ShareLink
from apps.groups.models import Group, Membership
from apps.h5.selectors.invitations import Invitations, invitations_of
from apps.members.models import Consent, Member
from apps.members.services.points import adjust_points, move_points
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start
from tests.h5.phones import phone_of

pytestmark = pytest.mark.django_db
OWN_PAGES = ["me", "my_entries", "my_coupons", "my_gifts", "my_points", "my_invites"]


def give(owner, *benefits):
    run = make_run("assist", {"stages": [1], "is_new_only": False}, slots={"stage_1": list(benefits)})
    entry = start(run, owner)
    play(entry, "help", make_member())
    return entry


@pytest.mark.parametrize("name", OWN_PAGES)
def test_somebody_unknown_is_led_to_the_log_in_and_back(name):
    address = reverse(f"h5:{name}")
    answer = phone_of().get(address)
    assert answer.status_code == 302
    assert address in answer["Location"]


@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_member_with_nothing_sees_what_to_do(name):
    answer = phone_of(make_member("王小明")).get(reverse(f"h5:{name}"))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert " style=" not in answer.content.decode()


def test_what_needs_doing_comes_first():
    owner = make_member("王小明")
    paid = make_run("group_buy", {"size": 2, "price": "19.90"}, stock=5)
    start(paid, owner)
    give(
        owner,
        make_benefit(BenefitKind.PHYSICAL, name="保温杯"),
        make_benefit(BenefitKind.COUPON, name="五元券"),
    )
    Coupon.objects.update(valid_until=timezone.now() + timedelta(hours=5))
    order = owner.orders.get()
    page = phone_of(owner).get(reverse("h5:me")).content.decode()
    places = [
        page.index(reverse("h5:pay", args=[order.number])),
        page.index(reverse("h5:address", args=[Grant.objects.get(kind="physical").pk])),
        page.index(reverse("h5:coupon", args=[Coupon.objects.get().code])),
        page.index(reverse("h5:my_points")),
    ]
    assert places == sorted(places)
    assert "待付 19.90 元" in page


def test_a_page_costs_the_same_with_much_as_with_little(django_assert_num_queries):
    owner = make_member()
    phone = phone_of(owner)
    phone.get(reverse("h5:me"))
    for quantity in (1, 3):
        for _ in range(quantity):
            give(owner, make_benefit(BenefitKind.PHYSICAL), make_benefit(BenefitKind.COUPON))
        with django_assert_num_queries(11):
            assert phone.get(reverse("h5:me")).status_code == 200
        for name, queries in (("my_entries", 2), ("my_coupons", 2), ("my_gifts", 5)):
            with django_assert_num_queries(queries):
                assert phone.get(reverse(f"h5:{name}")).status_code == 200


def test_entries_one_opened_and_entries_one_joined_are_apart():
    owner, friend = make_member(), make_member()
    entry = give(owner, make_benefit())
    play_entry = start(make_run("assist", {"stages": [5], "is_new_only": False}), owner)
    play(play_entry, "help", friend)
    own = phone_of(owner).get(reverse("h5:my_entries"))
    assert [row[0].code for row in own.context["rows"]] == [play_entry.code, entry.code]
    joined = phone_of(friend).get(reverse("h5:my_entries"), {"of": "joined"})
    assert [row[0].code for row in joined.context["rows"]] == [play_entry.code]
    assert not phone_of(owner).get(reverse("h5:my_entries"), {"of": "joined"}).context["rows"]


def test_long_lists_are_turned_by_key():
    owner = make_member()
    run = make_run("assist")
    codes = [start(run, owner).code for _ in range(23)]
    phone, address = phone_of(owner), reverse("h5:my_entries")
    first = phone.get(address)
    second = phone.get(address, {"before": first.context["before"]})
    assert [row[0].code for row in (*first.context["rows"], *second.context["rows"])] == codes[::-1]
    assert "before=" in first.content.decode()
    for odd in ("x", "-1", "9" * 40, "٣"):
        assert phone.get(address, {"before": odd}).status_code == 200


def test_invitations_are_net_of_who_left_and_show_one_character():
    owner, now = make_member("王小明"), timezone.now()
    stays, left, never = (make_member(name, inviter=owner) for name in ("李雷", "韩梅梅", "赵六"))
    group, other = Group.objects.create(name="一群"), Group.objects.create(name="二群")
    Membership.objects.create(group=group, member=stays, joined_at=now - timedelta(days=2), left_at=now)
    Membership.objects.create(group=other, member=stays, joined_at=now)
    Membership.objects.create(group=group, member=left, joined_at=now - timedelta(days=2), left_at=now)
    make_member("外人", inviter=never)
    run = make_run("assist")
    ShareLink.objects.create(key="a", run=run, inviter=owner, clicks=7)
    ShareLink.objects.create(key="b", run=run, inviter=never, clicks=100)
    assert invitations_of(owner.pk) == Invitations(came=3, left=1, clicks=7)
    answer = phone_of(owner).get(reverse("h5:my_invites"))
    assert [person.has_left for person, _ in answer.context["rows"]] == [False, True, False]
    page = answer.content.decode()
    assert "李**" in page
    for secret in ("李雷", "梅梅", "赵六", "外人", "+86139", stays.phone[-4:]):
        assert secret not in page


def test_points_show_campaigns_notes_and_keep_what_staff_wrote(architect):
    owner, now = make_member(), timezone.now()
    move_points(member_id=owner.pk, delta=30, key="a", note="助力奖励", now=now)
    adjust_points(member=owner, delta=-5, actor=architect, now=now, reason="怀疑刷单", key="b")
    page = phone_of(owner).get(reverse("h5:my_points")).content.decode()
    assert "助力奖励" in page
    assert "+30" in page
    assert "怀疑刷单" not in page
    assert '<p class="balance">25</p>' in page


def test_names_are_shown_as_typed_and_never_run():
    owner = make_member("<script>alert(1)</script>")
    make_member("<img src=x>", inviter=owner)
    phone = phone_of(owner)
    for name in OWN_PAGES:
        page = phone.get(reverse(f"h5:{name}")).content.decode()
        assert "<script>alert" not in page
        assert "<img" not in page


def test_consents_are_listed():
    owner = make_member()
    Consent.objects.create(member=owner, version="2026-11", source="phone_code", at=timezone.now())
    Consent.objects.create(member=make_member(), version="1999-01", source="wechat", at=timezone.now())
    page = phone_of(owner).get(reverse("h5:me")).content.decode()
    assert "2026-11" in page
    assert "手机验证码" in page
    assert "1999-01" not in page


def test_ones_own_phone_is_masked():
    owner = Member.objects.create(nickname="王", phone="+8613800138000")
    page = phone_of(owner).get(reverse("h5:me")).content.decode()
    assert "138****8000" in page
    assert "13800138000" not in page


def test_the_home_page_is_for_everybody_at_two_queries(django_assert_num_queries):
    now = timezone.now()
    cup = make_benefit(BenefitKind.PHYSICAL, name="保温杯", cost=Decimal("12.34"))
    make_run("group_buy", {"size": 2}, stock=9, slots={"member": cup}, closes_at=now + timedelta(hours=2))
    make_run("assist", closes_at=now + timedelta(days=1))
    make_run("bargain", state=RunState.SCHEDULED, opens_at=now + timedelta(hours=1))
    make_run("assist", state=RunState.CANCELLED)
    phone = phone_of()
    with django_assert_num_queries(2):  # the clock and the runs
        answer = phone.get(reverse("h5:home"))
    assert [offer.mechanic.mark for offer in answer.context["going"]] == ["拼", "帮"]
    assert [offer.mechanic.mark for offer in answer.context["coming"]] == ["砍"]
    page = answer.content.decode()
    assert "保温杯" in page
    assert "还剩 9 份" in page
    assert "12.34" not in page
