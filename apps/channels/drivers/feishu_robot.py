"""飞书自定义机器人. ``POST {base}/open-apis/bot/v2/hook/<token>``; accepted when ``code`` is 0, whatever else.

The sign travels in the body, with key and message the other way round from DingTalk.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.channels.drivers.answers import read_code, read_object, unreadable, words
from apps.channels.drivers.base import Content, Credentials, Outcome, Request, Text, Verdict
from apps.channels.drivers.pasted import is_foreign_address
from apps.core.errors import Invalid

MAX_BODY_BYTES = 20 * 1024

#: Lark is Feishu abroad.
_HOSTS = frozenset({"open.feishu.cn", "open.larksuite.com"})
_TOKEN = re.compile(r"[0-9A-Za-z-]{8,128}")
_HOOK = re.compile(r"/open-apis/bot/v2/hook/([^/?#\s]+)")
_TOO_FAST = frozenset({11232, 99991400})
_PENALTY_SECONDS = 10.0
_GONE = frozenset({19001})


class FeishuRobot:
    """100 a minute and 5 a second: 5 in any three seconds keeps both. Around :00 and :30 Feishu throttles more
    (11232), which is tried again a little later."""

    key = "feishu_robot"
    label = gettext_lazy("飞书群机器人")
    platform = "feishu"
    secret_label = gettext_lazy("Webhook 地址或 token")
    help_text = gettext_lazy(
        "在群设置 → 群机器人里添加自定义机器人，把 Webhook 地址贴到这里；开了签名校验就填上密钥。"
    )
    signing_label = gettext_lazy("签名校验密钥（可空）")
    address_label = ""
    base_setting = "FEISHU_API_BASE"
    is_manual = False
    default_rate = (5, 3)

    def clean_secret(self, secret: str) -> str:
        """Return the token; a pasted address gives its last part. Raises ``Invalid``."""
        secret = secret.strip()
        is_foreign = is_foreign_address(secret, _HOSTS)
        if not is_foreign and (found := _HOOK.search(secret)):
            secret = found[1]
        if is_foreign or not _TOKEN.fullmatch(secret):
            raise Invalid(
                _("这个地址不是飞书的。") if is_foreign else _("这不是飞书机器人的 Webhook 地址或 token。"),
                hint=_(
                    "在飞书群设置 → 群机器人 → 自定义机器人 里复制 Webhook 地址，"
                    "形如 https://open.feishu.cn/open-apis/bot/v2/hook/…。"
                ),
                field="secret",
            )
        return secret

    def problems(self, content: Content) -> list[Text]:
        if content.kind == "image":
            return [_("飞书自定义机器人不能直接发图片：请改用文字或链接卡片。")]
        if content.kind == "link":
            if not content.url.startswith(("http://", "https://")):
                return [_("链接卡片需要以 http:// 或 https:// 开头的链接。")]
        elif not content.text.strip():
            return [_("文字不能为空。")]
        # The sign and its timestamp take about a hundred bytes more.
        size = len(_body(_payload(content))) + 120
        if size > MAX_BODY_BYTES:
            return [
                _("内容有 %(size)s 字节，飞书最多 %(limit)s 字节，请删减。")
                % {"size": size, "limit": MAX_BODY_BYTES}
            ]
        return []

    def build(self, content: Content, *, credentials: Credentials, address: str, now: datetime) -> Request:
        payload = _payload(content)
        if credentials.signing_secret:
            timestamp = int(now.timestamp())
            payload = {
                "timestamp": str(timestamp),
                "sign": sign(credentials.signing_secret, timestamp),
                **payload,
            }
        return Request(
            url=f"{credentials.base_url}/open-apis/bot/v2/hook/{credentials.secret}",
            body=_body(payload),
            headers={"Content-Type": "application/json; charset=utf-8"},
        )

    def read(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        payload = read_object(body)
        code = read_code(payload, "code")
        if payload is None or code is None:
            return unreadable(status, headers, body)
        detail = words(payload.get("msg"))
        if code == 0:
            return Verdict(Outcome.ACCEPTED, code="0", detail=detail)
        if code in _TOO_FAST or status == 429:
            wait = _reset_seconds(headers)
            return Verdict(Outcome.RETRY, str(code), detail, retry_after=wait, is_penalty=True)
        if code in _GONE:
            return Verdict(Outcome.CHANNEL_GONE, str(code), detail)
        return Verdict(Outcome.REFUSED, str(code), detail)


def sign(secret: str, timestamp: int) -> str:
    """base64(HMAC-SHA256(key="{timestamp}\\n{secret}", msg=b"")), the timestamp in seconds."""
    digest = hmac.digest(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256)
    return base64.b64encode(digest).decode()


def _payload(content: Content) -> dict[str, object]:
    match content.kind:
        case "markdown":
            element = {"tag": "markdown", "content": content.text}
            return {"msg_type": "interactive", "card": {"elements": [element]}}
        case "link":
            lines = [[{"tag": "text", "text": content.text}]] if content.text else []
            lines.append([{"tag": "a", "text": _("查看详情"), "href": content.url}])
            post = {"zh_cn": {"title": content.title, "content": lines}}
            return {"msg_type": "post", "content": {"post": post}}
    return {"msg_type": "text", "content": {"text": content.text}}


def _body(payload: Mapping[str, object]) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")


def _reset_seconds(headers: Mapping[str, str]) -> float:
    try:
        return min(600.0, max(1.0, float(headers.get("x-ogw-ratelimit-reset", ""))))
    except ValueError:
        return _PENALTY_SECONDS


DRIVER = FeishuRobot()
