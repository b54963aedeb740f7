"""券包: a ticket with code and QR for its owner, nothing for anybody else (S2)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from apps.campaigns.enums import BenefitKind, CouponKind
from apps.campaigns.models import Coupon
from apps.campaigns.services.coupons.writing_off import write_off
from apps.core.clock import database_now
from apps.h5.views.qr import qr_svg
from tests.campaigns.factories import make_benefit, make_member
from tests.h5.phones import phone_of
from tests.h5.test_me import give

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_member("王小明")


@pytest.fixture
def coupon(owner):
    give(owner, make_benefit(BenefitKind.COUPON, name="五元券", coupon_threshold=Decimal(50), note="到店用"))
    return Coupon.objects.get()


def page_of(owner, coupon):
    return phone_of(owner).get(reverse("h5:coupon", args=[coupon.code]))


def test_a_coupon_has_its_code_a_qr_and_its_terms_in_words(owner, coupon):
    page = page_of(owner, coupon).content.decode()
    for words in (coupon.code, "满 50", "减 5", "全部商品", "到店用", "<svg", 'class="qr"'):
        assert words in page
    assert (
        reverse("h5:coupon", args=[coupon.code])
        in phone_of(owner).get(reverse("h5:my_coupons")).content.decode()
    )


def test_anothers_coupon_is_not_found(owner, coupon):
    stranger = make_member()
    assert page_of(stranger, coupon).status_code == 404
    assert coupon.code not in page_of(stranger, coupon).content.decode()
    assert (
        coupon.code
        not in phone_of(stranger).get(reverse("h5:my_coupons"), {"member_id": owner.pk}).content.decode()
    )
    Coupon.objects.update(state="void")
    assert page_of(owner, coupon).status_code == 404


def test_a_printed_coupon_of_nobody_is_not_found_either(coupon):
    Coupon.objects.update(member=None)
    assert page_of(make_member(), coupon).status_code == 404


@pytest.mark.parametrize(
    ("change", "stamp"),
    [
        ({"valid_from": -5, "valid_until": -1}, "已过期"),
        ({"valid_from": 5, "valid_until": 9}, "还没到时间"),
        ({"state": "expired"}, "已过期"),
    ],
)
def test_a_coupon_that_cannot_be_used_now_says_so_and_shows_no_qr(owner, coupon, change, stamp):
    now = timezone.now()
    Coupon.objects.update(
        **{
            name: now + timedelta(hours=value) if isinstance(value, int) else value
            for name, value in change.items()
        }
    )
    answer = page_of(owner, coupon)
    assert answer.context["ticket"].stamp == stamp
    assert 'class="qr"' not in answer.content.decode()


def test_a_used_coupon_moves_to_the_other_side(owner, coupon):
    write_off(code=coupon.code, amount=Decimal(60), reference="S1", actor=None, now=database_now())
    phone = phone_of(owner)
    assert not phone.get(reverse("h5:my_coupons")).context["tickets"]
    (ticket,) = phone.get(reverse("h5:my_coupons"), {"of": "spent"}).context["tickets"]
    assert ticket.stamp == "已使用"
    assert "5.00 元" in page_of(owner, coupon).content.decode()


def test_one_that_ends_soon_counts_down(owner, coupon):
    assert page_of(owner, coupon).context["ticket"].ends_at is None
    end = timezone.now() + timedelta(hours=3)
    Coupon.objects.update(valid_until=end)
    assert f'data-until="{int(end.timestamp())}"' in page_of(owner, coupon).content.decode()


def test_a_name_full_of_markup_stays_text(owner):
    give(
        owner,
        make_benefit(
            BenefitKind.COUPON, name="<i>券</i>", coupon_kind=CouponKind.EXCHANGE, coupon_scope="<b>"
        ),
    )
    page = page_of(owner, Coupon.objects.get()).content.decode()
    assert "<i>券" not in page
    assert escape("<i>券</i>") in page


def test_a_qr_holds_no_markup_of_its_text():
    drawn = qr_svg('"><script>alert(1)</script>')
    assert "script" not in drawn
    assert "style" not in drawn
    assert drawn.startswith("<svg")
