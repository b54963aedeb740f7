"""WeChat's web authorisation for official accounts (公众号网页授权): pure; the caller makes the requests.

developers.weixin.qq.com/doc/service/guide/h5/auth.html. A code is good once, for five minutes.
"""

import json
import unicodedata
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from apps.core.outbound import Answer
from apps.h5.providers.requests import Refused, Request

BASE_SCOPE, INFO_SCOPE = "snsapi_base", "snsapi_userinfo"
#: Used, expired, of another account, unknown: the member starts again and it works.
STALE_CODES = {"40029", "40163", "41008", "42003", "40001", "42001"}
#: The account that WeChat lends to a preview (快照页): it is nobody's, and another one the next time.
SNAPSHOT = "snapshot"
_BUSY_CODES = {"-1", "45009", "45011"}
_LONGEST_ID = 120
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Account:
    """The official account that asks: what settings hold. Never printed."""

    base: str
    authorize: str
    appid: str
    secret: str = field(repr=False)
    scope: str = BASE_SCOPE

    @property
    def is_complete(self) -> bool:
        return bool(self.appid and self.secret)


@dataclass(frozen=True)
class WechatUser:
    """Who it is. ``unionid`` only for accounts bound to an open platform; ``nickname`` only with the wider scope."""

    openid: str
    unionid: str = ""
    nickname: str = ""


@dataclass(frozen=True)
class Ticket:
    """The answer to a code: who it is, and what may be asked next."""

    user: WechatUser
    access_token: str = field(repr=False)
    scope: str = ""


def authorize_url(account: Account, *, redirect_uri: str, state: str) -> str:
    """Where the browser goes. WeChat matches the order of the parameters; ``state`` has letters and digits only,
    at most 128."""
    query = urlencode(
        [
            ("appid", account.appid),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", account.scope),
            ("state", state),
        ]
    )
    return f"{account.authorize}?{query}#wechat_redirect"


def ticket_request(account: Account, code: str) -> Request:
    """Trades ``code`` for a ticket."""
    query = urlencode(
        [
            ("appid", account.appid),
            ("secret", account.secret),
            ("code", code),
            ("grant_type", "authorization_code"),
        ]
    )
    return Request("GET", f"{account.base}/sns/oauth2/access_token?{query}")


def read_ticket(answer: Answer) -> Ticket:
    """Raises ``Refused`` with WeChat's code, with ``snapshot`` for the account of a preview."""
    found = _read(answer)
    if found.get("is_snapshotuser") == 1:
        raise Refused(SNAPSHOT)
    user = WechatUser(_identifier(found, "openid"), _identifier(found, "unionid", ""))
    return Ticket(user, str(found.get("access_token", "")), str(found.get("scope", "")))


def info_request(account: Account, ticket: Ticket) -> Request:
    """Asks for the name; only with the scope ``snsapi_userinfo``."""
    query = urlencode(
        [("access_token", ticket.access_token), ("openid", ticket.user.openid), ("lang", "zh_CN")]
    )
    return Request("GET", f"{account.base}/sns/userinfo?{query}")


def read_info(answer: Answer, ticket: Ticket) -> WechatUser:
    """The same user with name and union id. Raises ``Refused``, also if the answer is about somebody else."""
    found = _read(answer)
    if _identifier(found, "openid") != ticket.user.openid:
        raise Refused("another_openid")
    name = found.get("nickname")
    return WechatUser(
        ticket.user.openid,
        _identifier(found, "unionid", "") or ticket.user.unionid,
        clean_name(name) if isinstance(name, str) else "",
    )


def clean_name(text: str) -> str:
    """A name without what cannot be seen: controls, direction marks, halves of pairs; at most 40 characters."""
    seen = "".join(
        letter if unicodedata.category(letter)[0] != "C" or letter == "\u200d" else " " for letter in text
    )
    name = " ".join(seen.split())
    # Joiners belong between the parts of an emoji and nowhere else.
    return name.strip("\u200d ")[:_LONGEST_NAME].strip("\u200d ")


def _read(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused(f"http_{answer.status}", "unreadable", is_final=False)
    code = found.get("errcode", 0)
    if code not in (0, "0"):
        raise Refused(
            str(code)[:20], str(found.get("errmsg", ""))[:200], is_final=str(code) not in _BUSY_CODES
        )
    return found


def _identifier(found: dict[str, Any], name: str, default: str | None = None) -> str:
    value = found.get(name, default)
    if value == default == "":
        return ""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID or not value.isascii():
        raise Refused(f"no_{name}", is_final=False)
    if not value.isprintable():
        raise Refused(f"no_{name}", is_final=False)
    return value
