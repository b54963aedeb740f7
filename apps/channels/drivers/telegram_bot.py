"""Telegram bot. ``POST {base}/bot<token>/sendMessage`` with the group's ``chat_id``; the answer proves itself by
``message_id``."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.channels.drivers.answers import DEFAULT_WAIT_SECONDS, read_code, read_object, unreadable, words
from apps.channels.drivers.base import Content, Credentials, Outcome, Request, Text, Verdict
from apps.core.errors import Invalid

#: In UTF-16 code units, as Telegram counts.
MAX_TEXT_UNITS = 4096

_TOKEN = re.compile(r"[0-9]{3,20}:[0-9A-Za-z_-]{8,100}")
_IN_URL = re.compile(r"/bot([0-9]{3,20}:[0-9A-Za-z_-]{8,100})")


class TelegramBot:
    """One bot serves many groups; each group's address is its chat id. 20 a minute to one group is the limit
    that binds, so the bot keeps to it as a whole."""

    key = "telegram_bot"
    label = "Telegram Bot"
    platform = "telegram"
    secret_label = gettext_lazy("Bot token")
    help_text = gettext_lazy("向 @BotFather 申请 token，把机器人拉进群，在社群的“群内地址”填 chat_id。")
    signing_label = ""
    address_label = "chat_id"
    base_setting = "TELEGRAM_API_BASE"
    is_manual = False
    default_rate = (20, 60)

    def clean_secret(self, secret: str) -> str:
        """Return the token, also out of a pasted API address. Raises ``Invalid``."""
        secret = secret.strip()
        if found := _IN_URL.search(secret):
            secret = found[1]
        if not _TOKEN.fullmatch(secret):
            raise Invalid(
                _("这不是 Telegram 的 bot token。"),
                hint=_("向 @BotFather 发送 /newbot 或 /token，复制形如 123456:ABC-DEF… 的一串。"),
                field="secret",
            )
        return secret

    def problems(self, content: Content) -> list[Text]:
        if content.kind == "image":
            return [_("暂不支持向 Telegram 发图片：请改用链接卡片。")]
        if content.kind == "markdown":
            return [_("Telegram 的 Markdown 写法与别家不同：请改用文字。")]
        text = _text(content)
        if not text.strip():
            return [_("文字不能为空。")]
        size = len(text.encode("utf-16-le", "surrogatepass")) // 2
        if size > MAX_TEXT_UNITS:
            return [
                _("文字有 %(size)s 个字符，Telegram 最多 %(limit)s 个，请删减。")
                % {"size": size, "limit": MAX_TEXT_UNITS}
            ]
        return []

    def build(self, content: Content, *, credentials: Credentials, address: str, now: datetime) -> Request:
        """Raises ``Invalid`` without an address: a bot has no group of its own."""
        if not address:
            raise Invalid(_("没有填群的 chat_id。"), hint=_("请在社群的“群内地址”里填写。"))
        return Request(
            url=f"{credentials.base_url}/bot{credentials.secret}/sendMessage",
            body=json.dumps({"chat_id": address, "text": _text(content)}, ensure_ascii=False).encode(
                "utf-8", "replace"
            ),
            headers={"Content-Type": "application/json; charset=utf-8"},
        )

    def read(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        payload = read_object(body)
        if payload is None or not isinstance(payload.get("ok"), bool):
            return unreadable(status, headers, body)
        if payload["ok"]:
            result = payload.get("result")
            proof = str(result.get("message_id", "")) if isinstance(result, dict) else ""
            return Verdict(Outcome.ACCEPTED, code="ok", proof=proof)
        code = read_code(payload, "error_code")
        extra = payload.get("parameters")
        extra = extra if isinstance(extra, dict) else {}
        detail = words(payload.get("description"))
        if code is None or code >= 500:
            return Verdict(Outcome.AMBIGUOUS, str(code or f"http_{status}"), detail)
        if code == 429:
            wait = read_code(extra, "retry_after")
            seconds = float(wait) if wait and wait > 0 else DEFAULT_WAIT_SECONDS
            return Verdict(Outcome.RETRY, "429", detail, retry_after=seconds, is_penalty=True)
        if moved := read_code(extra, "migrate_to_chat_id"):
            detail = _("群已升级，chat_id 变为 %(chat)s，请更新社群的“群内地址”。") % {"chat": moved}
            return Verdict(Outcome.REFUSED, str(code), detail)
        if code in {401, 404}:
            return Verdict(Outcome.CHANNEL_GONE, str(code), detail)
        return Verdict(Outcome.REFUSED, str(code), detail)


def _text(content: Content) -> str:
    if content.kind == "link":
        return "\n".join(part for part in (content.title, content.text, content.url) if part)
    return content.text


DRIVER = TelegramBot()
