"""礼品: codes and parcels are their owner's alone (S2); an address is taken, kept and never shown back (M3)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Coupon, Grant
from apps.campaigns.services.codes.adding import add_codes
from apps.campaigns.services.granting.addresses import address_of
from apps.campaigns.services.granting.shipping import ask_address_again, ship
from tests.campaigns.factories import make_benefit, make_member
from tests.h5.phones import phone_of
from tests.h5.test_me import give

pytestmark = pytest.mark.django_db
WHERE = {"name": "王小明", "phone": "138 0013 8000", "address": "浙江省杭州市西湖区文三路 1 号"}


@pytest.fixture
def owner():
    return make_member("王小明")


@pytest.fixture
def parcel(owner):
    give(owner, make_benefit(BenefitKind.PHYSICAL, name="保温杯"))
    return Grant.objects.get(member=owner)


def test_an_address_is_taken_and_never_shown_back(owner, parcel):
    phone, form = phone_of(owner), reverse("h5:address", args=[parcel.pk])
    assert "填地址" in phone.get(reverse("h5:my_gifts")).content.decode()
    done = phone.post(form, WHERE | {"member_id": "1", "state": "issued"})
    assert done.status_code == 303
    assert "地址收到了" in phone.get(done["Location"]).content.decode()
    parcel.refresh_from_db()
    assert parcel.state == "awaiting_shipment"
    assert address_of(parcel).address == WHERE["address"]
    for page in (form, reverse("h5:my_gifts"), reverse("h5:me")):
        text = phone.get(page).content.decode()
        for secret in ("文三路", "8001 3", "13800138000", "138 0013 8000"):
            assert secret not in text, page
    assert "王* 138****8000" in phone.get(form).content.decode()
    assert phone.post(form, WHERE | {"name": "王大明"}).status_code == 303
    parcel.refresh_from_db()
    assert address_of(parcel).name == "王大明"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"phone": "123"}, "phone"),
        ({"address": "短"}, "address"),
        ({"name": " "}, "name"),
        ({"address": "长" * 201}, "address"),
    ],
)
def test_nothing_typed_is_lost_when_one_field_is_wrong(owner, parcel, changed, field):
    typed = WHERE | changed
    answer = phone_of(owner).post(reverse("h5:address", args=[parcel.pk]), typed)
    assert answer.status_code == 400
    assert answer.context["problem"].field == field
    page = answer.content.decode()
    for value in typed.values():
        assert value in page
    assert page.count('aria-invalid="true"') == 1
    parcel.refresh_from_db()
    assert (parcel.state, parcel.address) == ("awaiting_address", "")


def test_what_is_typed_is_text(owner, parcel):
    answer = phone_of(owner).post(
        reverse("h5:address", args=[parcel.pk]), WHERE | {"phone": '"><script>alert(1)</script>'}
    )
    assert "<script>alert" not in answer.content.decode()


def test_anothers_gift_is_not_found_whatever_the_body_says(owner, parcel):
    stranger = phone_of(make_member())
    for way in ("get", "post"):
        for name in ("address", "received"):
            answer = getattr(stranger, way)(
                reverse(f"h5:{name}", args=[parcel.pk]), WHERE | {"member_id": owner.pk}
            )
            assert answer.status_code == 404 or (way, name, answer.status_code) == ("get", "received", 405)
    for pk in (parcel.pk + 1, 0, 10**30):
        assert phone_of(owner).get(f"/m/me/gifts/{pk}/address/").status_code == 404
    parcel.refresh_from_db()
    assert parcel.address == ""
    assert "保温杯" not in stranger.get(reverse("h5:my_gifts")).content.decode()


def test_a_form_from_elsewhere_is_refused(owner, parcel):
    answer = phone_of(owner, is_strict=True).post(reverse("h5:address", args=[parcel.pk]), WHERE)
    assert answer.status_code == 403


def test_a_parcel_can_be_followed_and_its_arrival_said_once(owner, parcel, architect):
    phone, said = phone_of(owner), reverse("h5:received", args=[parcel.pk])
    assert phone.post(said).status_code == 404  # nothing is on its way yet
    phone.post(reverse("h5:address", args=[parcel.pk]), WHERE)
    ship(grant=parcel, company="顺丰", number="SF100200300", actor=architect, now=timezone.now())
    page = phone.get(reverse("h5:my_gifts")).content.decode()
    assert "顺丰" in page
    assert 'data-copy="SF100200300"' in page
    late = phone.get(reverse("h5:address", args=[parcel.pk]))
    assert late.status_code == 409
    assert "不能改" in late.content.decode()
    assert phone.post(reverse("h5:address", args=[parcel.pk]), WHERE).status_code == 409
    for _ in range(2):
        assert phone.post(said).status_code == 303
    parcel.refresh_from_db()
    assert parcel.state == "issued"


def test_a_bad_address_is_asked_for_again_with_the_reason(owner, parcel, architect):
    phone = phone_of(owner)
    phone.post(reverse("h5:address", args=[parcel.pk]), WHERE)
    ask_address_again(grant=parcel, reason="缺门牌号", actor=architect, now=timezone.now())
    assert "缺门牌号" in phone.get(reverse("h5:my_gifts")).content.decode()


def test_codes_are_shown_once_issued_and_not_while_held(owner):
    benefit = make_benefit(BenefitKind.CODE, name="会员码")
    add_codes(benefit=benefit, lines=["VIDEO-2026-A1"], actor=None, now=timezone.now())
    give(owner, benefit, make_benefit(BenefitKind.COUPON, name="五元券"))
    phone = phone_of(owner)
    page = phone.get(reverse("h5:my_gifts")).content.decode()
    assert 'data-copy="VIDEO-2026-A1"' in page
    assert reverse("h5:coupon", args=[Coupon.objects.get().code]) in page
    Grant.objects.update(state="held", reason="设备过多")
    page = phone.get(reverse("h5:my_gifts")).content.decode()
    assert "VIDEO-2026-A1" not in page
    assert "设备过多" not in page
    assert "正在核对" in page
    Grant.objects.update(state="void")
    assert "会员码" not in phone.get(reverse("h5:my_gifts")).content.decode()


def test_a_gift_is_wrapped_while_it_is_new_unless_it_asks_for_something(owner):
    give(owner, make_benefit(), make_benefit(BenefitKind.PHYSICAL))
    phone = phone_of(owner)
    wrapped = {
        gift.grant.kind: gift.is_wrapped for gift in phone.get(reverse("h5:my_gifts")).context["gifts"]
    }
    assert wrapped == {"points": True, "physical": False}
    Grant.objects.update(created_at=timezone.now() - timedelta(days=4))
    assert not any(gift.is_wrapped for gift in phone.get(reverse("h5:my_gifts")).context["gifts"])


def test_only_known_words_are_said_after_a_form(owner):
    page = phone_of(owner).get(reverse("h5:my_gifts"), {"did": "<b>你被骗了</b>"}).content.decode()
    assert "你被骗了" not in page
