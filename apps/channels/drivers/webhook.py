"""Webhook: a signed JSON request to an address of one's own, for any system that can receive one.

The body carries the delivery's ``key`` so that the receiver can drop a repeat, and the header
``X-Community-Ops-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "{t}." + body>`` proves who sent it.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

import httpx
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.channels.drivers.answers import read_object, unreadable, words
from apps.channels.drivers.base import Content, Credentials, Outcome, Request, Text, Verdict
from apps.core.errors import Invalid
from apps.core.outbound import check_url

SIGNATURE_HEADER = "X-Community-Ops-Signature"
MAX_IMAGE_BYTES = 5 * 1024 * 1024


class Webhook:
    """The address was typed by staff, so its requests pass the outbound guard (S4)."""

    key = "webhook"
    label = gettext_lazy("Webhook（自有系统）")
    platform = ""
    secret_label = gettext_lazy("接收地址")
    help_text = gettext_lazy(
        "到点时向这个地址发一个带签名的 JSON 请求；同一条消息的 key 不变，接收方可据此去重。"
    )
    signing_label = gettext_lazy("签名密钥（双方约定，可空）")
    address_label = gettext_lazy("群标识（原样传给接收方）")
    base_setting = ""
    is_manual = False
    default_rate = (300, 60)

    def clean_secret(self, secret: str) -> str:
        """Return the address. Raises ``Invalid``."""
        try:
            url = check_url(secret.strip())
            # International names and paths go over the wire in ASCII.
            return url if url.isascii() else str(httpx.URL(url))
        except Invalid as error:
            raise Invalid(error.message, hint=error.hint, field="secret") from None

    def problems(self, content: Content) -> list[Text]:
        if content.kind == "image":
            if not content.image:
                return [_("图片不能为空。")]
            if len(content.image) > MAX_IMAGE_BYTES:
                return [_("图片有 %(size).1f MB，最多 5 MB。") % {"size": len(content.image) / 1024 / 1024}]
        elif content.kind == "link":
            if not content.url:
                return [_("链接卡片需要链接。")]
        elif not content.text.strip():
            return [_("文字不能为空。")]
        return []

    def build(self, content: Content, *, credentials: Credentials, address: str, now: datetime) -> Request:
        message: dict[str, object] = {
            "key": content.key,
            "group": content.recipient,
            "address": address,
            "kind": content.kind,
            "title": content.title,
            "text": content.text,
            "url": content.url,
            "picture_url": content.picture_url,
        }
        if content.image:
            message["image_base64"] = b64encode(content.image).decode()
        body = json.dumps({k: v for k, v in message.items() if v}, ensure_ascii=False).encode(
            "utf-8", "replace"
        )
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": _ascii(content.key)}
        if credentials.signing_secret:
            headers[SIGNATURE_HEADER] = sign(credentials.signing_secret, int(now.timestamp()), body)
        return Request(url=credentials.secret, body=body, headers=headers, is_guarded=True)

    def read(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        """2xx is accepted unless a JSON body says ``"ok": false``; this is our own protocol, so the status
        counts. 5xx is ambiguous: the receiver may have failed after it had passed the message on."""
        payload = read_object(body)
        detail = words((payload or {}).get("error"))
        code = f"http_{status}"
        if 200 <= status < 300:
            if payload is not None and payload.get("ok") is False:
                return Verdict(Outcome.REFUSED, code, detail or _("接收方拒绝了这条消息。"))
            return Verdict(Outcome.ACCEPTED, code, proof=words((payload or {}).get("id"), 60))
        if status == 429 or status >= 500:
            return unreadable(status, headers, body)
        if status in {404, 410}:
            return Verdict(Outcome.CHANNEL_GONE, code, detail or _("接收地址不存在。"))
        if 300 <= status < 400:
            return Verdict(Outcome.REFUSED, code, _("接收方要求跳转；为安全起见不会跟随，请填最终地址。"))
        return Verdict(Outcome.REFUSED, code, detail or _("接收方拒绝了这条消息。"))


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _ascii(key: str) -> str:
    return key.encode("ascii", "replace").decode()


DRIVER = Webhook()
