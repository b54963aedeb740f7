"""Logging in: one person is one member, new ones remember who brought them, consent comes first (S2)."""

from datetime import timedelta

import pytest

from apps.accounts.enums import Role
from apps.campaigns.services.sharing import link_for
from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion, Visitor
from apps.h5.providers.wechat_oauth import WechatUser
from apps.h5.services.consents import TERMS_VERSION
from apps.h5.services.logging_in import log_in
from apps.h5.services.visits import touch
from apps.members.enums import LoginWay
from apps.members.models import Consent, Identity, Member, MemberSession
from apps.members.services.sessions import session_of
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.together import together

PHONE = "+8613800138000"
BROWSER = "browser-token-0123456789"


@pytest.fixture
def now(db):
    return database_now()


def enter(now, **fields):
    values = {
        "phone": PHONE,
        "visitor_token": BROWSER,
        "consent_version": TERMS_VERSION,
        "source": LoginWay.PHONE_CODE,
        "ip_hash": "1" * 16,
        "now": now,
    } | fields
    if "identity" in fields or "member_id" in fields:
        values["phone"] = ""
    return log_in(**values)


def test_a_new_phone_becomes_a_member_with_a_session_and_a_consent(now):
    logged = enter(now)
    member = Member.objects.get()
    assert (logged.is_new, logged.member_id, member.phone) == (True, member.pk, PHONE)
    assert member.source == "h5:direct"
    assert session_of(logged.token).member_id == member.pk
    assert logged.token not in repr(logged)
    consent = Consent.objects.get()
    assert (consent.version, consent.source, consent.at, consent.ip_hash) == (
        TERMS_VERSION,
        "phone_code",
        now,
        "1" * 16,
    )


def test_a_known_phone_is_the_same_member_with_another_token(now):
    member = Member.objects.create(phone=PHONE, source="导入")
    first, second = enter(now), enter(now)
    assert not first.is_new
    assert first.member_id == second.member_id == member.pk
    assert first.token != second.token
    member.refresh_from_db()
    assert member.source == "导入"
    assert Consent.objects.count() == 1


def test_nobody_is_in_without_consent_to_the_terms_of_today(now):
    for version in ("", "2020-01", TERMS_VERSION + " "):
        with pytest.raises(Invalid) as refusal:
            enter(now, consent_version=version)
        assert refusal.value.code == "consent_needed"
    assert not Member.objects.exists()


def test_who_has_agreed_is_not_asked_again_until_the_terms_change(now, monkeypatch):
    enter(now)
    assert enter(now, consent_version="").member_id
    monkeypatch.setattr("apps.h5.services.consents.TERMS_VERSION", "2099-01")
    with pytest.raises(Invalid):
        enter(now, consent_version="")


def arrive(inviter, now, *, run=None, browser=BROWSER, channel="wecom_group", **fields):
    run = run or make_run("assist")
    link = link_for(run=run, inviter_id=inviter and inviter.pk, channel=channel, now=now, **fields)
    touch(token=browser, run_id=run.pk, link=link, now=now)
    return run


def test_a_new_member_owes_the_first_touch(now):
    """First-touch attribution: whoever came first stays, whatever is opened after."""
    first, second = make_member(), make_member()
    run = arrive(first, now - timedelta(days=2))
    arrive(second, now - timedelta(hours=2), channel="poster")
    member = Member.objects.get(pk=enter(now).member_id)
    assert member.inviter_id == first.pk
    assert member.source == "h5:wecom_group"
    assert Visitor.objects.get().member_id == member.pk
    kept = Conversion.objects.get(run=run, kind=ConversionKind.LOGIN)
    assert kept.is_new_member
    assert kept.first_touch.inviter_id == first.pk


def test_a_member_known_to_us_gets_no_inviter(now):
    inviter = make_member()
    member = Member.objects.create(phone=PHONE)
    arrive(inviter, now)
    enter(now)
    member.refresh_from_db()
    assert (member.inviter_id, member.source) == (None, "")


def test_the_teams_of_the_runs_they_saw_may_see_the_new_member(now, team, make_user):
    run = make_run("assist")
    type(run.campaign).objects.filter(pk=run.campaign_id).update(team=team)
    arrive(None, now, run=run)
    logged = enter(now)
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    outsider = make_user("outsider", Role.GROUP_OPERATOR)
    assert Member.objects.visible_to(operator).filter(pk=logged.member_id).exists()
    assert not Member.objects.visible_to(outsider).filter(pk=logged.member_id).exists()


def test_touches_of_another_member_of_the_same_phone_do_not_count(now):
    """A browser passed on: what somebody else opened in it days ago brings no inviter."""
    arrive(make_member(), now - timedelta(days=1))
    enter(now - timedelta(days=1))
    later = Member.objects.get(pk=enter(now, phone="+8613900139000").member_id)
    assert later.inviter_id is None


def test_wechat_identities_find_their_member(now):
    wechat = WechatUser("openid-1", "union-1", "小鹿")
    first = enter(now, identity=wechat, source=LoginWay.WECHAT)
    again = enter(now, identity=WechatUser("openid-1"), source=LoginWay.WECHAT, consent_version="")
    elsewhere = enter(now, identity=WechatUser("openid-2", "union-1"), source=LoginWay.WECHAT)
    assert first.is_new
    assert {first.member_id, again.member_id, elsewhere.member_id} == {first.member_id}
    member = Member.objects.get()
    assert (member.nickname, member.phone) == ("小鹿", None)
    assert set(Identity.objects.values_list("kind", "value")) == {
        ("wechat_openid", "openid-1"),
        ("wechat_openid", "openid-2"),
        ("unionid", "union-1"),
    }


def test_exactly_one_proof_is_asked_for(now):
    with pytest.raises(ValueError, match="exactly one"):
        enter(now, phone="")
    with pytest.raises(Invalid):
        enter(now, member_id=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "fields", [{}, {"identity": WechatUser("openid-1", "union-1"), "source": LoginWay.WECHAT}]
)
def test_many_log_ins_at_once_make_one_member(fields):
    now = database_now()
    results = together(
        [
            lambda number=number: enter(now, visitor_token=f"browser-{number:020d}", **fields)
            for number in range(8)
        ]
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert [result.is_new for result in results].count(True) == 1
    assert Member.objects.count() == 1
    assert MemberSession.objects.count() == 8
    assert Consent.objects.count() == 1
