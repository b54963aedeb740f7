"""Which platforms there are, and which one an address belongs to. A new platform is one line here."""

from __future__ import annotations

from chat_simulator.dingtalk import DingTalk
from chat_simulator.feishu import Feishu
from chat_simulator.platforms import Platform
from chat_simulator.telegram import Telegram
from chat_simulator.webhook import Webhook
from chat_simulator.wecom import WeCom

_WECOM, _DINGTALK, _FEISHU, _TELEGRAM, _WEBHOOK = WeCom(), DingTalk(), Feishu(), Telegram(), Webhook()
PLATFORMS: dict[str, Platform] = {p.name: p for p in (_WECOM, _DINGTALK, _FEISHU, _TELEGRAM, _WEBHOOK)}
_BY_FIRST_SEGMENT: dict[str, Platform] = {
    "cgi-bin": _WECOM,
    "robot": _DINGTALK,
    "open-apis": _FEISHU,
    "webhook": _WEBHOOK,
}


def platform_of(path: str) -> Platform | None:
    """The platform that serves this path, None when it is not a robot's address."""
    first = path[1:].partition("/")[0]
    platform = _BY_FIRST_SEGMENT.get(first)
    return _TELEGRAM if platform is None and first.startswith("bot") else platform
