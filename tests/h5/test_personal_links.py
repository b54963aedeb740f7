"""Personal links: forged, expired, changed, replayed, passed on, previewed, guessed."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import signing
from django.test import Client
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.core.clock import database_now
from apps.core.errors import Invalid, NotAllowed
from apps.h5.services import personal_links
from apps.h5.services.consents import TERMS_VERSION
from apps.h5.services.personal_links import (
    MOST_GUESSES,
    SESSION_LIFETIME,
    make_token,
    personal_link,
    read_token,
    use_token,
)
from apps.members.models import Member, MemberSession
from apps.members.models.member import MemberTeam
from apps.members.services.sessions import session_of
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.together import together


@pytest.fixture
def now(db):
    return database_now()


@pytest.fixture
def member(db):
    return Member.objects.create(phone="+8613800138000", nickname="王芳")


def token_for(member, now, run_id=None, **life):
    return make_token(member_id=member.pk, run_id=run_id, expires_at=now + timedelta(**(life or {"days": 7})))


def address(token):
    return reverse("h5:personal", args=[token])


def use(token, now, tail="8000", consent=TERMS_VERSION):
    return use_token(
        token=token,
        tail=tail,
        visitor_token="browser-token-0123456789",
        consent_version=consent,
        ip_hash="",
        now=now,
    )


def test_a_page_asks_and_a_click_logs_in(member, now):
    browser = Client()
    run = make_run("assist")
    token = token_for(member, now, run.pk)
    page = browser.get(address(token)).content.decode()
    assert "王**" in page
    assert "王芳" not in page
    assert "8000" not in page
    assert "member" not in browser.cookies
    done = browser.post(address(token), {"tail": "８０００", "agree": TERMS_VERSION})
    assert (done.status_code, done["Location"]) == (303, f"/m/r/{run.pk}/")
    assert session_of(done.cookies["member"].value).member_id == member.pk
    session = MemberSession.objects.get()
    assert session.expires_at - session.created_at == SESSION_LIFETIME
    assert done.cookies["member"]["max-age"] == SESSION_LIFETIME.total_seconds()


def test_previews_and_scanners_log_nobody_in(member, now):
    """Opening it any number of times, by GET or HEAD, uses nothing up."""
    token = token_for(member, now)
    for _look in range(8):
        assert Client().get(address(token)).status_code == 200
        assert Client().head(address(token)).status_code == 200
    assert not MemberSession.objects.exists()
    assert use(token, now)[0].member_id == member.pk


def test_a_link_that_was_used_is_dead_for_everybody_else(member, now):
    """Replay."""
    browser, stranger = Client(), Client()
    token = token_for(member, now)
    browser.post(address(token), {"tail": "8000", "agree": TERMS_VERSION})
    assert browser.get(address(token))["Location"] == "/m/"
    assert stranger.get(address(token)).status_code == 409
    assert stranger.post(address(token), {"tail": "8000", "agree": TERMS_VERSION}).status_code == 409
    assert MemberSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False])
def test_of_many_who_use_it_at_once_one_is_in(monkeypatch, is_guarded):
    now = database_now()
    member = Member.objects.create(nickname="王芳")
    token = token_for(member, now)
    if not is_guarded:
        monkeypatch.setattr(personal_links, "_is_used", lambda _member, _nonce: False)
    results = together([lambda: use(token, now, tail="")] * 8)
    entered = [result for result in results if not isinstance(result, Exception)]
    assert (len(entered) == 1) is is_guarded
    assert all(isinstance(result, Invalid) for result in results if result not in entered)


def test_a_link_ends_in_time_and_never_lives_beyond_a_week(member, now, monkeypatch):
    token = token_for(member, now, hours=1)
    read_token(token, now=now + timedelta(minutes=59))
    with pytest.raises(Invalid):
        read_token(token, now=now + timedelta(hours=1))
    forever = token_for(member, now, days=400)
    a_week_on = time.time() + 8 * 24 * 3600
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: a_week_on)
        with pytest.raises(Invalid):
            read_token(forever, now=now)


def test_forged_and_changed_links_say_nothing(member, now):
    other = make_member("李雷")
    token = token_for(member, now)
    payload, stamp, signature = token.split(":")
    stolen = token_for(other, now).split(":")[0]
    forged = [
        "x",
        token[:-1],
        token + "A",
        f"{stolen}:{stamp}:{signature}",
        f"{payload}:{stamp}:{signature[::-1]}",
        signing.dumps({"m": member.pk, "p": "login", "x": 9e9, "n": "0", "r": None}),
        signing.dumps({"m": member.pk, "p": "other", "x": 9e9, "n": "0"}, salt="apps.h5.personal-link"),
        signing.dumps("text", salt="apps.h5.personal-link"),
        signing.dumps(
            {"m": member.pk, "p": "login", "x": 9e9, "n": "0", "r": None},
            key="guessed-key",
            salt="apps.h5.personal-link",
        ),
        "A" * 3000,
        "é:é:é",
    ]
    browser = Client()
    for link in forged:
        page = browser.get(address(link))
        assert page.status_code == 409, link
        assert "王" not in page.content.decode()
    assert not MemberSession.objects.exists()


def test_whoever_it_was_passed_on_to_guesses_five_times(member, now):
    """A forwarded link: the last four digits are asked for, and guessing ends it."""
    token = token_for(member, now)
    for guess in range(MOST_GUESSES):
        with pytest.raises(Invalid) as refusal:
            use(token, now, tail=f"{guess:04d}")
        assert refusal.value.field == "tail"
    with pytest.raises(Invalid) as refusal:
        use(token, now)
    assert refusal.value.code == "dead_link"
    assert not MemberSession.objects.exists()


@pytest.mark.parametrize("tail", ["", "800", "18000", "8000 0", "*", "8000\0"])
def test_anything_but_the_four_digits_is_wrong(member, now, tail):
    with pytest.raises(Invalid):
        use(token_for(member, now), now, tail=tail)


def test_without_a_phone_the_click_is_enough_and_consent_is_asked_once(now):
    member = Member.objects.create(nickname="王芳")
    with pytest.raises(Invalid) as refusal:
        use(token_for(member, now), now, tail="", consent="")
    assert refusal.value.code == "consent_needed"
    use(token_for(member, now), now, tail="")
    page = Client().get(address(token_for(member, now))).content.decode()
    assert 'name="agree"' not in page
    assert 'name="tail"' not in page
    use(token_for(member, now), now, tail="", consent="")


def test_a_refusal_for_consent_does_not_use_the_link_up(member, now):
    browser = Client()
    token = token_for(member, now)
    assert browser.post(address(token), {"tail": "8000"})["Location"] == address(token)
    assert 'role="alert"' in browser.get(address(token)).content.decode()
    assert browser.post(address(token), {"tail": "8000", "agree": TERMS_VERSION})["Location"] == "/m/"


def test_a_member_who_is_gone_has_no_link(member, now):
    token = token_for(member, now)
    member.delete()
    assert Client().get(address(token)).status_code == 409


# --- staff


def test_staff_with_the_permission_make_a_link_and_it_is_audited(member, now, architect, settings):
    settings.SITE_URL = "https://qunce.example.com"
    run = make_run("assist")
    link = personal_link(member=member, run=run, actor=architect, now=now, days=3)
    token = link.removeprefix("https://qunce.example.com/m/go/").removesuffix("/")
    found = read_token(token, now=now)
    assert (found.member, found.run_id) == (member, run.pk)
    assert abs(found.expires_at - now - timedelta(days=3)) < timedelta(seconds=1)
    entry = AuditEntry.objects.get(action="member.personal_link")
    assert entry.detail == {"run": run.pk, "days": 3}
    assert token not in str(vars(entry))


@pytest.mark.parametrize("days", [0, 8, -1])
def test_a_link_lives_a_week_at_most(member, now, architect, days):
    with pytest.raises(Invalid):
        personal_link(member=member, run=None, actor=architect, now=now, days=days)


def test_without_permission_or_sight_there_is_no_link(member, now, team, make_user):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    with pytest.raises(NotAllowed):
        personal_link(member=member, run=None, actor=operator, now=now)
    operator.user_permissions.add(Permission.objects.get(codename="open_session"))
    operator = type(operator).objects.get(pk=operator.pk)
    with pytest.raises(NotAllowed):
        personal_link(member=member, run=None, actor=operator, now=now)
    MemberTeam.objects.create(member=member, team=team)
    run = make_run("assist")
    type(run.campaign).objects.filter(pk=run.campaign_id).update(team=Team.objects.create(name="华南组"))
    with pytest.raises(NotAllowed):
        personal_link(member=member, run=run, actor=operator, now=now)
    assert personal_link(member=member, run=None, actor=operator, now=now)
    assert AuditEntry.objects.filter(action="member.personal_link").count() == 1


def test_the_members_page_offers_it_and_shows_consents(member, now, architect, make_user, team):
    use(token_for(member, now), now)
    staff = Client()
    staff.force_login(architect)
    page = staff.get(reverse("admin:members_member_change", args=[member.pk])).content.decode()
    where = reverse("members_member_personal_link", args=[member.pk])
    assert where in page
    assert TERMS_VERSION in page
    assert "个人链接" in page
    made = staff.post(where, {"run": "", "days": "7"})
    assert "/m/go/" in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    for run in ("x", "0", "9" * 30):
        assert "/m/go/" not in staff.post(where, {"run": run, "days": "7"}).content.decode()
    other = Client()
    other.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    assert other.get(where).status_code == 403
    assert Client().get(where).status_code == 302
