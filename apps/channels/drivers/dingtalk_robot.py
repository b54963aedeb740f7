"""钉钉自定义机器人. ``POST {base}/robot/send?access_token=T[&timestamp=<ms>&sign=S]``; verdict in the body.

Over 20 messages a minute the robot is silent for ten minutes, so we stay below.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.channels.drivers.answers import read_code, read_object, unreadable, words
from apps.channels.drivers.base import Content, Credentials, Outcome, Request, Text, Verdict
from apps.channels.drivers.pasted import is_foreign_address
from apps.core.errors import Invalid

MAX_BODY_BYTES = 20 * 1024

_HOSTS = frozenset({"oapi.dingtalk.com", "api.dingtalk.com"})
_TOKEN = re.compile(r"[0-9A-Za-z_-]{8,128}")
_TOO_FAST = frozenset({130101, 410100})
_PENALTY_SECONDS = 600.0
#: No such token; group dissolved; token missing; robot stopped.
_GONE = frozenset({300005, 400013, 400101, 400102})
_BUSY = -1


class DingTalkRobot:
    """Signed with the 加签 secret if one is set; keyword and IP rules are refused with 310000."""

    key = "dingtalk_robot"
    label = gettext_lazy("钉钉群机器人")
    platform = "dingtalk"
    secret_label = gettext_lazy("Webhook 地址或 access_token")
    help_text = gettext_lazy(
        "在群设置里添加自定义机器人，安全设置选“加签”，把 Webhook 地址和 SEC 开头的密钥贴到这里。"
        "超过每分钟 20 条会被静默十分钟，所以默认 18 条。"
    )
    signing_label = gettext_lazy("加签密钥（SEC 开头，可空）")
    address_label = ""
    base_setting = "DINGTALK_API_BASE"
    is_manual = False
    default_rate = (18, 60)

    def clean_secret(self, secret: str) -> str:
        """Return the token; a pasted address gives its ``access_token=`` part. Raises ``Invalid``."""
        secret = secret.strip()
        is_foreign = is_foreign_address(secret, _HOSTS)
        if not is_foreign and "access_token=" in secret:
            secret = parse_qs(urlsplit(secret).query or secret).get("access_token", [""])[0].strip()
        if is_foreign or secret.startswith("SEC") or not _TOKEN.fullmatch(secret):
            raise Invalid(
                _("这个地址不是钉钉的。")
                if is_foreign
                else _("这不是钉钉机器人的 Webhook 地址或 access_token。"),
                hint=_(
                    "在钉钉群设置 → 机器人 → 自定义 里复制 Webhook，"
                    "形如 https://oapi.dingtalk.com/robot/send?access_token=…；SEC 开头的是加签密钥。"
                ),
                field="secret",
            )
        return secret

    def problems(self, content: Content) -> list[Text]:
        if content.kind == "image":
            return [_("钉钉机器人不能直接发图片：请改用链接卡片，或在 Markdown 里引用公网图片。")]
        if content.kind == "link":
            if not content.title.strip():
                return [_("标题不能为空。")]
            if not content.url.startswith(("http://", "https://")):
                return [_("链接卡片需要以 http:// 或 https:// 开头的链接。")]
        elif not content.text.strip():
            return [_("文字不能为空。")]
        size = len(_body(content))
        if size > MAX_BODY_BYTES:
            return [
                _("内容有 %(size)s 字节，钉钉最多 %(limit)s 字节，请删减。")
                % {"size": size, "limit": MAX_BODY_BYTES}
            ]
        return []

    def build(self, content: Content, *, credentials: Credentials, address: str, now: datetime) -> Request:
        query = {"access_token": credentials.secret}
        if credentials.signing_secret:
            timestamp = int(now.timestamp() * 1000)
            query |= {"timestamp": str(timestamp), "sign": sign(credentials.signing_secret, timestamp)}
        return Request(
            url=f"{credentials.base_url}/robot/send?{urlencode(query)}",
            body=_body(content),
            headers={"Content-Type": "application/json; charset=utf-8"},
        )

    def read(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        payload = read_object(body)
        code = read_code(payload, "errcode")
        if payload is None or code is None:
            return unreadable(status, headers, body)
        detail = words(payload.get("errmsg"))
        if code == 0:
            return Verdict(Outcome.ACCEPTED, code="0", detail=detail)
        if code in _TOO_FAST:
            return Verdict(Outcome.RETRY, str(code), detail, retry_after=_PENALTY_SECONDS, is_penalty=True)
        if code == _BUSY:
            return Verdict(Outcome.RETRY, str(code), detail)
        if code in _GONE:
            return Verdict(Outcome.CHANNEL_GONE, str(code), detail)
        return Verdict(Outcome.REFUSED, str(code), detail)


def sign(secret: str, timestamp_ms: int) -> str:
    """base64(HMAC-SHA256(key=secret, msg="{timestamp_ms}\\n{secret}")), not yet URL-encoded."""
    digest = hmac.digest(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def _body(content: Content) -> bytes:
    match content.kind:
        case "markdown":
            part: dict[str, str] = {"title": content.title or first_line(content.text), "text": content.text}
            payload: dict[str, object] = {"msgtype": "markdown", "markdown": part}
        case "link":
            part = {
                "title": content.title,
                "text": content.text or content.title,
                "messageUrl": content.url,
                "picUrl": content.picture_url,
            }
            payload = {"msgtype": "link", "link": part}
        case _:
            payload = {"msgtype": "text", "text": {"content": content.text}}
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")


def first_line(text: str, limit: int = 40) -> str:
    """What the chat list shows of a Markdown text: its first line without marks."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return re.sub(r"^[#>*\-\s]+", "", line).strip()[:limit] or _("消息")


DRIVER = DingTalkRobot()
