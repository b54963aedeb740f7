"""Log-in by WeChat against a server of our own that speaks the protocol."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.clock import database_now
from apps.core.outbound import Answer
from apps.h5.providers import wechat_oauth
from apps.h5.providers.requests import Refused
from apps.h5.providers.wechat_oauth import Account, clean_name
from apps.h5.services.consents import TERMS_VERSION
from apps.h5.services.visits import touch
from apps.members.models import Consent, Identity, Member, MemberSession
from apps.members.services.sessions import open_session, session_of
from tests.campaigns.factories import make_run
from tests.h5.local_server import Asked, LocalServer
from tests.h5.logged import last_code

APPID, SECRET = "wx0000000000000001", "secret-of-the-test"
AGENT = "Mozilla/5.0 (iPhone) AppleWebKit/605 Mobile/15E148 MicroMessenger/8.0.50 NetType/WIFI Language/zh_CN"
LOGIN, GO, BACK = reverse("h5:login"), reverse("h5:wechat"), reverse("h5:wechat_back")
USER = {
    "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
    "unionid": "o6_bmasdasdsad6_2sgVt7hMZOPfL",
    "nickname": "小鹿🦌",
}


@dataclass
class Wechat:
    """api.weixin.qq.com and what its users do: ``codes`` are good once; ``fault`` answers in place of all."""

    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    fault: object = None
    scope: str = "snsapi_base"
    snapshot: bool = False

    def agree(self, code: str = "071AbC", **user: str) -> str:
        self.codes[code] = USER | user
        return code

    def route(self, asked: Asked) -> tuple[int, bytes | None]:
        if self.fault == "silence":
            return 200, None
        if isinstance(self.fault, bytes):
            return 502, self.fault
        query = {key: values[0] for key, values in parse_qs(urlsplit(asked.path).query).items()}
        content = self._answer(urlsplit(asked.path).path, query)
        return 200, json.dumps(content, ensure_ascii=False).encode()  # refusals too, as theirs

    def _answer(self, path: str, query: dict[str, str]) -> dict[str, object]:
        if isinstance(self.fault, int):
            return {"errcode": self.fault, "errmsg": "no, rid: 1-2-3"}
        if path == "/sns/userinfo":
            user = next((user for user in self.codes.values() if user["openid"] == query["openid"]), None)
            if query["access_token"] != "ACCESS" or user is None:
                return {"errcode": 40001, "errmsg": "invalid credential"}
            return {**user, "sex": 0, "privilege": []}
        if (query["appid"], query["secret"]) != (APPID, SECRET):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        code = query["code"]
        if code in self.used:
            return {"errcode": 40163, "errmsg": "code been used"}
        if code not in self.codes:
            return {"errcode": 40029, "errmsg": "invalid code"}
        self.used.add(code)
        found = {
            "access_token": "ACCESS",
            "expires_in": 7200,
            "refresh_token": "REFRESH",
            "scope": self.scope,
        }
        extra = {"is_snapshotuser": 1} if self.snapshot else {}
        return found | {key: self.codes[code][key] for key in ("openid", "unionid")} | extra


@pytest.fixture
def wechat(settings):
    server = Wechat()
    with LocalServer(server.route) as local:
        settings.WECHAT_OAUTH = {
            "base": local.url,
            "authorize": "https://open.weixin.qq.com/connect/oauth2/authorize",
            "appid": APPID,
            "secret": SECRET,
            "scope": "snsapi_base",
        }
        settings.SITE_URL = "https://qunce.example.com"
        yield server


@pytest.fixture
def phone(db):
    return Client(headers={"user-agent": AGENT})


def leave(phone, back="/m/me/"):
    """To WeChat; returns the state it will bring back."""
    there = phone.get(GO, {"next": back})
    assert there.status_code == 302
    return parse_qs(urlsplit(there["Location"]).query)["state"][0]


def come_back(phone, code, back="/m/me/"):
    return phone.get(BACK, {"code": code, "state": leave(phone, back)})


def test_the_way_there_is_as_wechat_wants_it(phone, wechat):
    address = phone.get(GO, {"next": "/m/me/"})["Location"]
    assert address.endswith("#wechat_redirect")
    query = parse_qs(urlsplit(address).query)
    assert list(query) == ["appid", "redirect_uri", "response_type", "scope", "state"]
    assert query["redirect_uri"] == ["https://qunce.example.com/m/login/wechat/back/"]
    state = query["state"][0]
    assert state.isascii()
    assert state.isalnum()
    assert len(state) <= 128
    assert state != leave(phone)


def test_somebody_new_agrees_first_and_is_in(phone, wechat):
    asked = come_back(phone, wechat.agree())
    assert (asked.status_code, asked["Location"]) == (303, BACK)
    assert not Member.objects.exists()
    assert phone.get(BACK).status_code == 200
    assert phone.post(BACK)["Location"] == BACK
    assert 'role="alert"' in phone.get(BACK).content.decode()
    assert not Member.objects.exists()
    done = phone.post(BACK, {"agree": TERMS_VERSION})
    assert (done.status_code, done["Location"]) == (303, "/m/me/")
    member = Member.objects.get()
    assert session_of(done.cookies["member"].value).member_id == member.pk
    assert set(Identity.objects.values_list("kind", "value")) == {
        ("wechat_openid", USER["openid"]),
        ("unionid", USER["unionid"]),
    }
    assert Consent.objects.get().source == "wechat"


def test_a_known_one_is_in_at_once(phone, wechat):
    come_back(phone, wechat.agree("first"))
    phone.post(BACK, {"agree": TERMS_VERSION})
    other = Client(headers={"user-agent": AGENT})
    done = come_back(other, wechat.agree("second"), back="/m/r/7/")
    assert done["Location"] == "/m/r/7/"
    assert session_of(done.cookies["member"].value).member_id == Member.objects.get().pk


def test_the_wider_scope_brings_a_name(phone, wechat, settings):
    settings.WECHAT_OAUTH = settings.WECHAT_OAUTH | {"scope": "snsapi_userinfo"}
    wechat.scope = "snsapi_userinfo"
    come_back(phone, wechat.agree(nickname="<b>小\u202e鹿\x00</b>" + "长" * 99))
    phone.post(BACK, {"agree": TERMS_VERSION})
    name = Member.objects.get().nickname
    assert name.startswith("<b>小 鹿 </b>长")
    assert len(name) == 40


def test_a_first_touch_in_wechat_counts_as_anywhere(phone, wechat):
    phone.get(LOGIN)
    run = make_run("assist")
    touch(token=phone.cookies["visitor"].value, run_id=run.pk, now=database_now())
    come_back(phone, wechat.agree())
    phone.post(BACK, {"agree": TERMS_VERSION})
    assert Member.objects.get().conversions.get().run_id == run.pk


# --- attacks


def test_a_state_works_once_and_only_in_its_own_browser(phone, wechat):
    state = leave(phone)
    stranger = Client(headers={"user-agent": AGENT})
    assert stranger.get(BACK, {"code": wechat.agree("a"), "state": state}).status_code == 409
    leave(stranger)
    assert stranger.get(BACK, {"code": wechat.agree("b"), "state": state}).status_code == 409
    kept = phone.cookies["login_wechat"].value
    assert phone.get(BACK, {"code": wechat.agree("c"), "state": state}).status_code == 303
    phone.cookies["login_wechat"] = kept
    assert phone.get(BACK, {"code": wechat.agree("d"), "state": state}).status_code == 409
    assert wechat.used == {"c"}


@pytest.mark.parametrize(
    "change", [{"state": ""}, {"state": "0" * 40}, {"code": "<script>"}, {"code": "x" * 300}]
)
def test_what_is_changed_on_the_way_is_refused(phone, wechat, change):
    state = leave(phone)
    page = phone.get(BACK, {"code": wechat.agree(), "state": state} | change)
    assert page.status_code == 409
    assert "<script>" not in page.content.decode().replace("<script src=", "")
    assert not wechat.used


def test_an_openid_in_the_body_is_nobodys(phone, wechat):
    """S2."""
    assert phone.post(BACK, {"openid": "mine", "agree": TERMS_VERSION}).status_code == 409
    come_back(phone, wechat.agree())
    phone.post(BACK, {"agree": TERMS_VERSION, "openid": "another", "unionid": "another"})
    assert not Identity.objects.filter(value="another").exists()


def test_whoever_says_no_is_back_at_the_log_in(phone, wechat):
    page = phone.get(BACK, {"state": leave(phone, "/m/r/7/")})
    assert page["Location"] == f"{LOGIN}?next=/m/r/7/"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (40029, "再点一次"),
        (40163, "再点一次"),
        (42003, "再点一次"),
        (-1, "没有响应"),
        (45011, "没有响应"),
        (40125, "没有响应"),
        ("silence", "没有响应"),
        (b"<html>502</html>", "没有响应"),
        (b"[]", "没有响应"),
        (b"{}", "没有响应"),
        (b'{"openid": 7}', "没有响应"),
        (b'{"openid": "a\\u0000b"}', "没有响应"),
    ],
)
def test_every_refusal_says_what_to_do(phone, wechat, fault, words):
    wechat.fault = fault
    page = come_back(phone, wechat.agree())
    assert page.status_code == 409
    assert words in page.content.decode()
    assert not Member.objects.exists()


def test_a_used_code_brings_nobody_in(phone, wechat):
    code = wechat.agree()
    come_back(phone, code)
    page = come_back(Client(headers={"user-agent": AGENT}), code)
    assert "再点一次" in page.content.decode()


def test_the_account_of_a_preview_is_nobody(phone, wechat):
    wechat.snapshot = True
    page = come_back(phone, wechat.agree())
    assert "使用完整服务" in page.content.decode()
    assert not Member.objects.exists()


def test_no_name_is_no_reason_to_stay_out(phone, wechat, settings):
    settings.WECHAT_OAUTH = settings.WECHAT_OAUTH | {"scope": "snsapi_userinfo"}
    wechat.scope = "snsapi_userinfo"
    ticket = wechat_oauth.read_ticket(Answer(200, {}, json.dumps({"openid": "a", "scope": "s"}).encode()))
    with pytest.raises(Refused):
        wechat_oauth.read_info(Answer(200, {}, json.dumps({"openid": "b"}).encode()), ticket)
    code = wechat.agree()
    del wechat.codes[code]["nickname"]
    come_back(phone, code)
    assert phone.post(BACK, {"agree": TERMS_VERSION})["Location"] == "/m/me/"
    assert Member.objects.get().nickname == ""


# --- where it is offered


def test_it_is_offered_inside_wechat_alone(db, wechat, settings):
    agents = {AGENT: True, "Mozilla/5.0 Chrome/140": False, f"{AGENT} wxwork/4.1": False}
    for agent, is_offered in agents.items():
        browser = Client(headers={"user-agent": agent})
        assert (GO in browser.get(LOGIN).content.decode()) is is_offered
        assert ("weixin" in browser.get(GO)["Location"]) is is_offered
    settings.WECHAT_OAUTH = settings.WECHAT_OAUTH | {"secret": ""}
    assert GO not in Client(headers={"user-agent": AGENT}).get(LOGIN).content.decode()


def test_a_phone_is_bound_afterwards(phone, wechat, caplog):
    come_back(phone, wechat.agree())
    phone.post(BACK, {"agree": TERMS_VERSION})
    old_token = phone.cookies["member"].value
    assert "绑定手机号" in phone.get(LOGIN).content.decode()
    phone.post(LOGIN, {"phone": "13800138000", "agree": TERMS_VERSION, "next": "/m/me/"})
    done = phone.post(reverse("h5:login_code"), {"code": last_code(caplog)})
    assert done["Location"] == "/m/me/"
    assert Member.objects.get().phone == "+8613800138000"
    assert session_of(old_token) is None
    assert session_of(done.cookies["member"].value) is not None


def test_who_is_in_by_phone_keeps_the_session(phone, wechat):
    member = Member.objects.create(phone="+8613800138000")
    phone.cookies["member"] = open_session(member=member, now=database_now(), label="phone_code")
    done = come_back(phone, wechat.agree())
    assert done["Location"] == "/m/me/"
    assert Identity.objects.filter(member=member, kind="wechat_openid").exists()
    assert MemberSession.objects.filter(revoked_at__isnull=True).count() == 1


def test_secrets_are_not_printed():
    account = Account("https://a.example", "https://b.example", APPID, SECRET)
    request = wechat_oauth.ticket_request(account, "071AbC")
    assert SECRET in request.url
    assert SECRET not in repr((account, request))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("小鹿", "小鹿"),
        ("  a\n\tb ", "a b"),
        ("\u202eevil", "evil"),
        ("\u200b\u2066x\u2069", "x"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("\u200d\u200d", ""),
        ("\ud800x", "x"),
        ("", ""),
    ],
)
def test_names_have_nothing_invisible(typed, kept):
    assert clean_name(typed) == kept
