"""One person by two names: a phone for who came by WeChat, and the other way round."""

import pytest

from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.h5.providers.wechat_oauth import WechatUser
from apps.h5.services.binding import attach_wechat, bind_phone, may_bind
from apps.h5.services.consents import TERMS_VERSION
from apps.h5.services.logging_in import log_in
from apps.members.enums import LoginWay
from apps.members.models import Identity, Member, MemberSession
from apps.members.services.sessions import session_of
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import start

PHONE = "+8613800138000"
WECHAT = WechatUser("openid-1", "union-1", "小鹿")


@pytest.fixture
def now(db):
    return database_now()


def enter(now, source, **proof):
    return log_in(
        visitor_token="browser-token-0123456789",
        consent_version=TERMS_VERSION,
        source=source,
        ip_hash="",
        now=now,
        **proof,
    )


@pytest.fixture
def newcomer(now):
    """Somebody who came by WeChat, and did nothing yet."""
    return enter(now, LoginWay.WECHAT, identity=WECHAT)


def bind(logged, now, phone=PHONE):
    return bind_phone(
        member_id=logged.member_id,
        phone=phone,
        visitor_token="browser-token-0123456789",
        consent_version=TERMS_VERSION,
        ip_hash="",
        now=now,
    )


def test_a_free_phone_becomes_the_members(newcomer, now):
    assert may_bind(session_of(newcomer.token).session_id)
    bound = bind(newcomer, now)
    assert bound.member_id == newcomer.member_id
    assert Member.objects.get().phone == PHONE
    assert not may_bind(session_of(newcomer.token).session_id)
    with pytest.raises(Invalid):
        bind(newcomer, now, "+8613900139000")


def test_an_older_members_phone_joins_the_two_where_one_is_blank(newcomer, now):
    old = Member.objects.create(phone=PHONE, nickname="春梅")
    bound = bind(newcomer, now)
    assert bound.member_id == old.pk
    assert list(Member.objects.all()) == [old]
    assert set(Identity.objects.values_list("member_id", flat=True)) == {old.pk}
    assert session_of(newcomer.token) is None
    assert enter(now, LoginWay.WECHAT, identity=WechatUser("openid-1")).member_id == old.pk


def test_two_histories_are_left_to_staff(newcomer, now):
    Member.objects.create(phone=PHONE)
    start(make_run("assist"), Member.objects.get(pk=newcomer.member_id))
    with pytest.raises(Invalid):
        bind(newcomer, now)
    assert Member.objects.count() == 2
    assert Member.objects.get(pk=newcomer.member_id).phone is None


def test_a_personal_link_binds_nothing(now):
    """A link that was passed on must not become somebody's account for good."""
    member = Member.objects.create(nickname="王芳")
    logged = enter(now, LoginWay.PERSONAL_LINK, member_id=member.pk)
    session_id = session_of(logged.token).session_id
    assert not may_bind(session_id)
    assert not attach_wechat(session_id=session_id, identity=WECHAT)
    assert not Identity.objects.exists()


def test_who_came_by_phone_keeps_the_member_in_wechat(now):
    logged = enter(now, LoginWay.PHONE_CODE, phone=PHONE)
    assert attach_wechat(session_id=session_of(logged.token).session_id, identity=WECHAT)
    assert enter(now, LoginWay.WECHAT, identity=WECHAT).member_id == logged.member_id


def test_anothers_wechat_is_not_taken(newcomer, now):
    logged = enter(now, LoginWay.PHONE_CODE, phone=PHONE)
    assert not attach_wechat(session_id=session_of(logged.token).session_id, identity=WECHAT)
    assert set(Identity.objects.values_list("member_id", flat=True)) == {newcomer.member_id}


def test_a_closed_session_binds_nothing(newcomer, now):
    session_id = session_of(newcomer.token).session_id
    MemberSession.objects.filter(pk=session_id).update(revoked_at=now)
    assert not may_bind(session_id)


def test_an_invitee_is_a_history_too(newcomer, now):
    Member.objects.create(phone=PHONE)
    make_member(inviter_id=newcomer.member_id)
    with pytest.raises(Invalid):
        bind(newcomer, now)
