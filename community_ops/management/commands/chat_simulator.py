"""``manage.py chat_simulator``: the local chat platform, with this database's robots already known to it."""

import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from apps.channels.models import Channel
from apps.groups.models import Group
from chat_simulator.server import PortInUseError, serve

POLL_SECONDS = 5.0

_PLATFORMS = {
    "wecom_robot": "wecom",
    "dingtalk_robot": "dingtalk",
    "feishu_robot": "feishu",
    "telegram_bot": "telegram",
    "webhook": "webhook",
}


class Command(BaseCommand):
    help = "启动本地聊天平台：像企业微信、钉钉、飞书、Telegram 机器人一样应答，并把群消息显示在网页上。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="控制接口没有登录，请勿暴露到公网")
        parser.add_argument("--port", type=int, default=9000)
        parser.add_argument("--no-limits", action="store_true", help="关闭所有频率限制")
        parser.add_argument("--journal", type=Path, default=Path(settings.VAR_DIR) / "chat_simulator.jsonl")

    def handle(self, *args: Any, **options: Any) -> None:
        address = f"http://{options['host']}:{options['port']}/_control/robots"
        threading.Thread(target=_introduce, args=[address], daemon=True).start()
        options["journal"].parent.mkdir(parents=True, exist_ok=True)
        try:
            serve(
                options["host"],
                options["port"],
                auto_register=True,
                limited=not options["no_limits"],
                journal=options["journal"],
            )
        except PortInUseError as error:
            raise CommandError(error.strerror) from error


def _robots() -> list[dict[str, Any]]:
    """What the simulator should call each channel's robot; nothing while the database is away."""
    try:
        channels = list(Channel.objects.filter(driver__in=_PLATFORMS).exclude(secret=""))
        groups = _groups()
    except DatabaseError:
        return []
    finally:
        connection.close()
    return [
        {
            "platform": _PLATFORMS[channel.driver],
            "key": _key(channel),
            "secret": channel.signing_secret,
            "name": channel.name,
            "groups": [] if channel.driver == "telegram_bot" else groups.get(channel.pk, [channel.name]),
        }
        for channel in channels
        if channel.secret and _is_ours(channel)
    ]


def _groups() -> dict[int | None, list[str]]:
    """The names of each channel's groups, at most as many as the simulator takes."""
    names: dict[int | None, list[str]] = {}
    rows = Group.objects.open().filter(channel__isnull=False).order_by("name", "pk")
    for channel_id, name in rows.values_list("channel_id", "name"):
        names.setdefault(channel_id, []).append(name)
    return {channel_id: found[:500] for channel_id, found in names.items()}


def _is_ours(channel: Channel) -> bool:
    """Webhooks of other hosts are none of the simulator's business."""
    return channel.driver != "webhook" or "/webhook/" in urlsplit(channel.secret).path


def _key(channel: Channel) -> str:
    return channel.secret.rpartition("/")[2] if channel.driver == "webhook" else channel.secret


def _introduce(address: str) -> None:
    """Tell the simulator every few seconds about robots that are new or have changed (and only those: a robot
    that is registered again starts with a fresh quota)."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    with httpx.Client(trust_env=False, timeout=5) as client:
        while True:
            robots = {(robot["platform"], robot["key"]): robot for robot in _robots()}
            news = [robot for key, robot in robots.items() if known.get(key) != robot]
            try:
                if news:
                    client.post(address, json=news).raise_for_status()
                    known |= {(robot["platform"], robot["key"]): robot for robot in news}
            except httpx.HTTPError:
                time.sleep(0.5)
                continue
            time.sleep(POLL_SECONDS)
