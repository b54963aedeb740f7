"""S2: who acts is proved by a token that nobody can forge, read back or use after its time."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry
from apps.core.clock import database_now
from apps.core.errors import Invalid, NotAllowed
from apps.members.api.authentication import MemberTokenAuthentication
from apps.members.models import Member, MemberSession
from apps.members.services.sessions import (
    LIFETIME,
    STAFF_LIFETIME,
    close_all_sessions,
    close_session,
    open_session,
    session_of,
)


@pytest.fixture
def member(make_member):
    return make_member("13800138000")


@pytest.fixture
def token(member):
    return open_session(member=member, now=database_now(), label="手机页")


def authenticate(header):
    headers = {"HTTP_AUTHORIZATION": header} if header is not None else {}
    return MemberTokenAuthentication().authenticate(Request(APIRequestFactory().get("/", **headers)))


def test_a_token_names_its_member_and_is_not_stored(member, token):
    assert session_of(token).member_id == member.pk
    session = MemberSession.objects.get()
    assert token not in {str(value) for value in vars(session).values()}
    assert session.expires_at - session.created_at == LIFETIME
    assert not AuditEntry.objects.filter(action="member.open_session").exists()


@pytest.mark.parametrize("forged", ["", "x", "x" * 129, "令牌", "\0", "\ud800", "' OR 1=1 --"])
def test_forged_tokens_name_nobody(token, forged):
    assert session_of(forged) is None
    assert session_of(token[:-1]) is None
    assert session_of(token + "A") is None


def test_expired_and_closed_tokens_name_nobody(member, token):
    now = database_now()
    assert session_of(token, now + LIFETIME - timedelta(minutes=1)) is not None
    assert session_of(token, now + LIFETIME) is None
    seen = session_of(token)
    assert close_session(session_id=seen.session_id, now=now)
    assert not close_session(session_id=seen.session_id, now=now)
    assert session_of(token) is None


def test_a_session_ends_with_its_member(db):
    member = Member.objects.create(nickname="要走的人")
    token = open_session(member=member, now=database_now(), label="")
    member.delete()
    assert session_of(token) is None
    member.pk = 10**9
    with pytest.raises(Invalid):
        open_session(member=member, now=database_now(), label="")


def test_being_seen_costs_one_query_and_a_write_an_hour(token, django_assert_num_queries):
    """Opening it was being seen."""
    with django_assert_num_queries(1):
        seen = session_of(token)
    assert MemberSession.objects.get().last_seen_at <= seen.at
    with django_assert_num_queries(2):
        session_of(token, seen.at + timedelta(hours=1, seconds=1))


def test_the_database_keeps_digests_only(member):
    now = database_now()
    for token_hash, expires_at in [("plain", now + LIFETIME), ("a" * 64, now - LIFETIME)]:
        with pytest.raises(IntegrityError), transaction.atomic():
            MemberSession(member=member, token_hash=token_hash, created_at=now, expires_at=expires_at).save()


@pytest.mark.parametrize("header", ["", None])
def test_no_header_is_anonymous(db, header):
    assert authenticate(header) is None


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Basic YTpi", "Token {token}", "{token}", "Bearer\t"]
)
def test_a_header_that_proves_nothing_is_refused(token, header):
    with pytest.raises(AuthenticationFailed):
        authenticate(header.format(token=token))


def test_a_member_is_no_staff(member, token):
    actor, _token = authenticate(f"Bearer {token}")
    assert actor.member_id == member.pk
    assert actor.is_authenticated
    assert not actor.is_staff
    assert not actor.is_active
    assert not actor.has_perm("members.view_member")
    assert not Member.objects.visible_to(actor).exists()


def test_staff_open_trials_with_permission_sight_and_a_trace(member, team, make_user, architect):
    now = database_now()
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    with pytest.raises(NotAllowed):
        open_session(member=member, now=now, label="", actor=operator)
    open_session(member=member, now=now, label="", actor=architect)
    session = MemberSession.objects.get()
    assert session.opened_by == architect
    assert session.expires_at - session.created_at == STAFF_LIFETIME
    with pytest.raises(NotAllowed):
        close_all_sessions(member=member, actor=operator, now=now)
    assert close_all_sessions(member=member, actor=architect, now=now) == 1
    assert sorted(AuditEntry.objects.filter(action__contains="session").values_list("action", flat=True)) == [
        "member.close_sessions",
        "member.open_session",
    ]


def test_the_page_shows_a_working_token_once(client, member, architect):
    client.force_login(architect)
    page = client.post(reverse("admin:members_member_token", args=[member.pk]))
    assert "no-store" in page["Cache-Control"]
    token = page.content.decode().split('value="')[-1].split('"')[0]
    assert session_of(token).member_id == member.pk
    change = client.get(reverse("admin:members_member_change", args=[member.pk])).content.decode()
    assert "后台体验" in change
    assert token not in change
    client.post(reverse("admin:members_member_close_tokens", args=[member.pk]))
    assert session_of(token) is None


def test_the_page_is_for_those_who_may(client, member, team, make_user):
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    url = reverse("admin:members_member_token", args=[member.pk])
    assert client.post(url).status_code == 403
    assert client.get(url).status_code == 405
    assert (
        "token-make"
        not in client.get(reverse("admin:members_member_change", args=[member.pk])).content.decode()
    )
    assert not MemberSession.objects.exists()


def test_command_prints_a_token(member, capsys):
    call_command("member_token", "138 0013 8000")
    assert session_of(capsys.readouterr().out.strip()).member_id == member.pk
    assert AuditEntry.objects.filter(action="member.open_session").count() == 1
    for wrong in ("13900139000", "not a phone"):
        with pytest.raises(CommandError):
            call_command("member_token", wrong)
