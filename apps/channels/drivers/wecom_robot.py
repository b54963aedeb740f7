"""企业微信群机器人. ``POST {base}/cgi-bin/webhook/send?key=K``; the verdict is in the body, always HTTP 200.

Limits and codes: developer.work.weixin.qq.com/document/path/91770; go-workwx ``errcodes/mod.go``.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.channels.drivers.answers import byte_size, read_code, read_object, unreadable, words
from apps.channels.drivers.base import Content, Credentials, Outcome, Request, Text, Verdict
from apps.channels.drivers.pasted import is_foreign_address
from apps.core.errors import Invalid

MAX_TEXT_BYTES = 2048
MAX_MARKDOWN_BYTES = 4096
MAX_IMAGE_BYTES = 2 * 1024 * 1024
MAX_TITLE_BYTES = 128
MAX_DESCRIPTION_BYTES = 512

_HOSTS = frozenset({"qyapi.weixin.qq.com"})
#: A UUID in shape, or what the simulator hands out: a digit tells a key from a word.
_KEY = re.compile(
    r"[0-9A-Za-z]{8}(?:-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}|(?=[A-Za-z_-]*[0-9])[0-9A-Za-z_-]{8,128}"
)
_BUSY = frozenset({-1, 45033})
_TOO_FAST = 45009
_GONE = frozenset({93000, 93004, 93008})
#: A minute-level block lifts after 60 s (document/path/90454).
_PENALTY_SECONDS = 60.0


class WeComRobot:
    """One robot in one group: the key is its only credential, and there is no idempotency key (D3)."""

    key = "wecom_robot"
    label = gettext_lazy("企业微信群机器人")
    platform = "wecom"
    secret_label = gettext_lazy("Webhook 地址或 key")
    help_text = gettext_lazy(
        "在群里添加群机器人，复制它的 Webhook 地址贴到这里。每个机器人每分钟最多 20 条。"
    )
    signing_label = ""
    address_label = ""
    base_setting = "WECOM_API_BASE"
    is_manual = False
    default_rate = (20, 60)

    def clean_secret(self, secret: str) -> str:
        """Return the key; a pasted address gives its ``key=`` part. Raises ``Invalid``."""
        secret = secret.strip()
        is_foreign = is_foreign_address(secret, _HOSTS)
        if not is_foreign and "key=" in secret:
            query = urlsplit(secret).query or secret
            secret = parse_qs(query).get("key", [""])[0].strip()
        if is_foreign or not _KEY.fullmatch(secret):
            raise Invalid(
                _("这个地址不是企业微信的。") if is_foreign else _("这不是群机器人的 Webhook 地址或 key。"),
                hint=_(
                    "在企业微信群里点右上角“…” → 群机器人 → 点机器人 → 复制 Webhook 地址，"
                    "形如 https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-…。"
                ),
                field="secret",
            )
        return secret

    def problems(self, content: Content) -> list[Text]:
        match content.kind:
            case "text":
                return _size_problems(content.text, MAX_TEXT_BYTES, _("文字"))
            case "markdown":
                return _size_problems(content.text, MAX_MARKDOWN_BYTES, _("Markdown "))
            case "image":
                return _image_problems(content.image)
            case "link":
                found = _size_problems(content.title, MAX_TITLE_BYTES, _("标题"))
                if content.text:
                    found += _size_problems(content.text, MAX_DESCRIPTION_BYTES, _("描述"))
                if not content.url.startswith(("http://", "https://")):
                    found.append(_("链接卡片需要以 http:// 或 https:// 开头的链接。"))
                return found
        return [_("企业微信机器人不支持这种内容。")]

    def build(self, content: Content, *, credentials: Credentials, address: str, now: datetime) -> Request:
        return Request(
            url=f"{credentials.base_url}/cgi-bin/webhook/send?key={credentials.secret}",
            body=json.dumps(_payload(content), ensure_ascii=False).encode("utf-8", "replace"),
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
        if code == _TOO_FAST:
            return Verdict(Outcome.RETRY, str(code), detail, retry_after=_PENALTY_SECONDS, is_penalty=True)
        if code in _BUSY:
            return Verdict(Outcome.RETRY, str(code), detail)
        if code in _GONE:
            return Verdict(Outcome.CHANNEL_GONE, str(code), detail)
        return Verdict(Outcome.REFUSED, str(code), detail)


def _payload(content: Content) -> dict[str, object]:
    if content.kind == "image":
        return {
            "msgtype": "image",
            "image": {
                "base64": base64.b64encode(content.image).decode(),
                "md5": hashlib.md5(content.image, usedforsecurity=False).hexdigest(),
            },
        }
    if content.kind == "link":
        article = {
            "title": content.title,
            "description": content.text,
            "url": content.url,
            "picurl": content.picture_url,
        }
        return {"msgtype": "news", "news": {"articles": [{k: v for k, v in article.items() if v}]}}
    return {"msgtype": content.kind, content.kind: {"content": content.text}}


def _size_problems(text: str, limit: int, name: str) -> list[Text]:
    if not text.strip():
        return [_("%(name)s不能为空。") % {"name": name.strip()}]
    size = byte_size(text)
    if size <= limit:
        return []
    return [
        _("%(name)s有 %(size)s 字节，企业微信最多 %(limit)s 字节（约 %(letters)s 个汉字），请删减。")
        % {"name": name, "size": size, "limit": limit, "letters": limit // 3}
    ]


def _image_problems(image: bytes) -> list[Text]:
    if not image.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return [_("企业微信机器人只收 JPG 或 PNG 图片。")]
    if len(image) > MAX_IMAGE_BYTES:
        return [
            _("图片有 %(size).1f MB，企业微信最多 2 MB，请压缩后再传。") % {"size": len(image) / 1024 / 1024}
        ]
    return []


DRIVER = WeComRobot()
