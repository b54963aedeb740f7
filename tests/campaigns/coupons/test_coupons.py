"""Coupons printed, bound, used once, returned, run out."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.campaigns.enums import BenefitKind, CouponState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Coupon
from apps.campaigns.services.coupons.binding import bind_coupon
from apps.campaigns.services.coupons.bulk import Line, read_lines, write_off_many
from apps.campaigns.services.coupons.printing import issue_coupons
from apps.campaigns.services.coupons.returning import expire_coupons, return_coupon
from apps.campaigns.services.coupons.writing_off import write_off
from apps.core.clock import database_now
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.events.models import Event
from apps.orders.models import Order
from apps.orders.services.refunds import confirm_refund, request_refund
from tests.campaigns.factories import make_benefit, make_member
from tests.campaigns.granting.conftest import torn
from tests.campaigns.together import together

TEN = Decimal("10.00")


@pytest.fixture
def benefit(db):
    return make_benefit(BenefitKind.COUPON, coupon_valid_days=7)


@pytest.fixture
def coupon(benefit):
    issue_coupons(benefit=benefit, quantity=1, batch="传单", actor=None, now=database_now())
    return Coupon.objects.get()


def use(coupon, actor=None, **fields):
    return write_off(**({"code": coupon.code, "amount": TEN, "actor": actor, "now": database_now()} | fields))


def test_printed_codes_are_many_different_and_counted(benefit, architect):
    now = database_now()
    benefit.coupon_scope = "A\\1,B\t2"  # what COPY would take for something else
    benefit.save()
    assert issue_coupons(benefit=benefit, quantity=12_000, batch="双十一", actor=architect, now=now) == 12_000
    codes = set(Coupon.objects.values_list("code", flat=True))
    assert len(codes) == 12_000
    assert {len(code) for code in codes} == {12}
    one = Coupon.objects.first()
    assert (one.scope, one.batch, one.member_id, one.valid_until) == ("A\\1,B\t2", "双十一", None, None)
    assert not torn()


def test_printing_respects_the_stock(db):
    benefit = make_benefit(BenefitKind.COUPON, stock=5)
    with pytest.raises(Refused), transaction.atomic():
        issue_coupons(benefit=benefit, quantity=6, batch="x", actor=None, now=database_now())
    assert not Coupon.objects.exists()
    assert not torn()


@pytest.mark.parametrize(("quantity", "batch"), [(0, "x"), (1_000_001, "x"), (1, " "), (1, "长" * 41)])
def test_printing_refuses_nonsense(benefit, quantity, batch):
    with pytest.raises(Invalid):
        issue_coupons(benefit=benefit, quantity=quantity, batch=batch, actor=None, now=database_now())


def test_days_of_a_printed_coupon_count_from_its_binding(coupon):
    holder, now = make_member(), database_now() + timedelta(days=30)
    written = f" {coupon.code[:4].lower()}-{coupon.code[4:]} "
    bound = bind_coupon(code=written, member_id=holder.pk, now=now)
    assert bound.valid_until == now + timedelta(days=7)
    assert bind_coupon(code=coupon.code, member_id=holder.pk, now=now + timedelta(days=1)) == bound
    with pytest.raises(Refused) as refused:
        bind_coupon(code=coupon.code, member_id=make_member().pk, now=now)
    assert refused.value.code == "coupon_taken"


def test_a_write_off_says_what_was_saved(coupon, architect):
    done = use(coupon, architect, amount=Decimal("23.45"), reference="S1")
    assert done.saved == Decimal("5.00")
    coupon.refresh_from_db()
    assert (coupon.state, coupon.used_by, coupon.used_reference) == (CouponState.USED, architect, "S1")
    event = Event.objects.get(kind="coupon.redeemed")
    assert (event.value, event.actor) == (Decimal("5.00"), architect)


def test_the_same_receipt_again_gets_the_same_answer_another_is_refused(coupon):
    use(coupon, reference="S1")
    again = use(coupon, reference="S1")
    assert (again.is_repeat, again.saved) == (True, Decimal("5.00"))
    for fields in ({"reference": "S2"}, {"reference": "S1", "amount": Decimal("11.00")}, {"reference": ""}):
        with pytest.raises(Refused) as refused:
            use(coupon, **fields)
        assert refused.value.code == "coupon_used"
    assert Event.objects.filter(kind="coupon.redeemed").count() == 1


@pytest.mark.parametrize("amount", ["-0.01", "1.005", "NaN", "Infinity"])
def test_odd_amounts_are_refused(coupon, amount):
    with pytest.raises(Invalid):
        use(coupon, amount=Decimal(amount))


def test_writing_off_needs_the_permission_and_the_sight(make_user, team, architect):
    mine = make_benefit(BenefitKind.COUPON, team=team)
    theirs = make_benefit(BenefitKind.COUPON, team=Team.objects.create(name="华南组"))
    for one in (mine, theirs):
        issue_coupons(benefit=one, quantity=1, batch="x", actor=None, now=database_now())
    clerk = make_user("clerk", Role.MEMBER_SERVICE, team)
    with pytest.raises(NotAllowed):
        use(Coupon.objects.get(benefit=mine), make_user("analyst", Role.ANALYST))
    with pytest.raises(Refused) as refused:
        use(Coupon.objects.get(benefit=theirs), clerk)
    assert refused.value.code == "coupon_unknown"
    assert use(Coupon.objects.get(benefit=mine), clerk).saved == Decimal("5.00")


def test_a_file_is_written_off_line_by_line(benefit, architect):
    issue_coupons(benefit=benefit, quantity=2, batch="x", actor=None, now=database_now())
    first, second = Coupon.objects.values_list("code", flat=True)
    text = f"小票号,券码,金额\nS1,{first},¥99.90\nS2,{second},abc\nS3,{second},20\nS4,{first},5\nS5,ZZZ,5\n"
    lines = read_lines(io.BytesIO(text.encode("gb18030")))
    results = write_off_many(lines=lines, actor=architect, now=database_now())
    assert [(one.saved, one.error_code) for one in results] == [
        (Decimal("5.00"), ""),
        (None, "invalid"),
        (Decimal("5.00"), ""),
        (None, "coupon_used"),
        (None, "coupon_unknown"),
    ]
    assert [one.line.line for one in results] == [2, 3, 4, 5, 6]
    assert write_off_many(lines=[Line(1, first, "99.90", "", "S1")], actor=architect, now=database_now())[
        0
    ].is_repeat
    with pytest.raises(Invalid):
        read_lines(io.BytesIO("小票号,金额\nS1,5\n".encode()))


@pytest.mark.parametrize(
    ("part", "returns", "state"), [(None, True, "active"), (None, False, "used"), ("4.00", True, "used")]
)
def test_a_full_refund_returns_the_coupon_by_its_rule(
    benefit, coupon, make_order, architect, part, returns, state
):
    """A partial refund keeps it used."""
    benefit.returns_on_refund = returns
    benefit.save()
    order: Order = make_order("10.00", paid=True)
    use(coupon, order=order)
    now = database_now()
    refund = request_refund(
        order=order, amount=Decimal(part) if part else TEN, reason="退货", key="r", now=now, actor=architect
    )
    confirm_refund(refund=refund, reference="R1", actor=architect, now=now)
    coupon.refresh_from_db()
    assert coupon.state == state
    assert Event.objects.filter(kind="coupon.returned").count() == (state == "active")
    if state == "active":
        assert (coupon.used_at, coupon.saved_amount, coupon.used_order) == (None, None, None)
        assert use(coupon, reference="again").saved == Decimal("5.00")


def test_a_coupon_of_somebody_else_is_refused_on_an_order(coupon, make_order):
    bind_coupon(code=coupon.code, member_id=make_member().pk, now=database_now())
    with pytest.raises(Refused) as refused:
        use(coupon, order=make_order("10.00"))
    assert refused.value.code == "coupon_others"


def test_a_person_undoes_a_write_off_with_a_reason(coupon, architect):
    use(coupon)
    coupon.refresh_from_db()
    with pytest.raises(Invalid):
        return_coupon(coupon=coupon, reason=" ", actor=architect, now=database_now())
    return_coupon(coupon=coupon, reason="核销错了", actor=architect, now=database_now())
    with pytest.raises(WrongState):
        return_coupon(coupon=coupon, reason="核销错了", actor=architect, now=database_now())


def test_nobody_undoes_the_write_off_of_another_team(benefit, coupon, make_user, team):
    """S1."""
    benefit.team = Team.objects.create(name="别的团队")
    benefit.save()
    use(coupon)
    coupon.refresh_from_db()
    stranger = make_user("stranger", Role.MEMBER_SERVICE, team)
    with pytest.raises(NotAllowed):
        return_coupon(coupon=coupon, reason="核销错了", actor=stranger, now=database_now())
    coupon.refresh_from_db()
    assert coupon.state == CouponState.USED


def test_a_printed_coupon_keeps_the_end_that_was_printed(benefit, architect):
    """A coupon has its own copy of the terms: what becomes of the gift later does not reach it."""
    now = database_now()
    benefit.coupon_valid_days, benefit.coupon_valid_until = None, now + timedelta(days=30)
    benefit.save()
    issue_coupons(benefit=benefit, quantity=1, batch="传单", actor=None, now=now)
    coupon = Coupon.objects.get()
    benefit.coupon_valid_until = now - timedelta(days=1)
    benefit.save()
    bound = bind_coupon(code=coupon.code, member_id=make_member().pk, now=now)
    assert bound.valid_until == now + timedelta(days=30)


def test_unused_coupons_run_out_and_used_ones_do_not(coupon, benefit):
    holder, now = make_member(), database_now()
    bind_coupon(code=coupon.code, member_id=holder.pk, now=now)
    assert expire_coupons(now=now + timedelta(days=6)) == 0
    assert expire_coupons(now=now + timedelta(days=7)) == 1
    assert expire_coupons(now=now + timedelta(days=7)) == 0
    with pytest.raises(Refused) as refused:
        use(coupon)
    assert refused.value.code == "coupon_expired"


def _use_by_looking_first(coupon_id: int) -> bool:
    """The fault of the field: read, then write."""
    one = Coupon.objects.get(pk=coupon_id)
    if one.state != CouponState.ACTIVE:
        return False
    with transaction.atomic():
        transaction.get_connection().cursor().execute("SELECT pg_sleep(0.02)")
        Coupon.objects.filter(pk=coupon_id).update(state=CouponState.USED, used_at=database_now())
    return True


@pytest.mark.django_db(transaction=True)
def test_the_same_coupon_by_fifty_at_once_is_used_once(architect):
    """FIELD: the same coupon twice; with a control that shows the fault."""
    benefit = make_benefit(BenefitKind.COUPON)
    issue_coupons(benefit=benefit, quantity=2, batch="x", actor=None, now=database_now())
    first, second = Coupon.objects.order_by("pk")
    results = together([lambda n=n: use(first, architect, reference=f"S{n}") for n in range(50)], threads=25)
    assert sum(not isinstance(one, Exception) for one in results) == 1
    assert {one.code for one in results if isinstance(one, Exception)} == {"coupon_used"}
    assert Event.objects.filter(kind="coupon.redeemed").count() == 1
    control = together([lambda: _use_by_looking_first(second.pk) for _n in range(25)], threads=25)
    assert sum(control) > 1, "without the condition in the statement it is used more than once"
