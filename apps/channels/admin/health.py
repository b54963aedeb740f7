"""发送健康: is what is due going out? Every figure opens its rows (A2, D8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from apps.channels.admin.pages import need, show, staff
from apps.channels.drivers.registry import all_drivers
from apps.channels.enums import ChannelState, DeliveryState
from apps.channels.selectors.progress import (
    ChannelHealth,
    DeliveryHealth,
    delivery_health,
    local_midnight,
    troubled_channels,
)
from apps.core.clock import database_now

REFRESH_SECONDS = 10
_ROWS = 50


@dataclass(frozen=True)
class Tile:
    """``tone``: "" or danger or warning. ``value`` is ready to be shown."""

    key: str
    label: str
    value: str
    url: str
    tone: str = ""


def health_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    need(request, "view_delivery")
    return show(model_admin, request, "health.html", title=_("发送健康"), **_live(request))


def live_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The page's content alone, as HTML: fetched every ``REFRESH_SECONDS``."""
    need(request, "view_delivery")
    return render(request, "channels/_health.html", _live(request))


def _live(request: HttpRequest) -> dict[str, Any]:
    now = database_now()
    user = staff(request)
    health = delivery_health(now, user=user)
    channels = troubled_channels(user=user, now=now, limit=_ROWS + 1)
    manual = {key for key, driver in all_drivers().items() if driver.is_manual}
    rows = [(row, _forecast(row, now, manual)) for row in channels[:_ROWS]]
    sentences = sentences_of(health, channels)
    return {
        "now": now,
        "health": health,
        "tiles": _tiles(health, now, may_operate=user.has_perm("channels.operate_delivery")),
        "rows": rows,
        "has_more": len(channels) > _ROWS,
        "sentences": sentences,
        "is_fine": not sentences,
        "live_seconds": REFRESH_SECONDS,
    }


def _forecast(row: ChannelHealth, now: datetime, manual: set[str]) -> datetime | None:
    return None if row.channel.driver in manual else row.clears_at(now)


def sentences_of(health: DeliveryHealth, channels: list[ChannelHealth]) -> list[str]:
    """What is wrong, in plain words, the worst first; empty when all is well."""
    found = []
    if n := health.unknown_count:
        found.append(ngettext("有 %d 条结果未知需要处理。", "有 %d 条结果未知需要处理。", n) % n)
    if health.is_stuck:
        found.append(_("最早一条已经晚了 %s，还没有发出。") % span(health.oldest_due_seconds))
    if n := sum(1 for row in channels if row.channel.state == ChannelState.DISABLED):
        found.append(ngettext("有 %d 个通道已失效。", "有 %d 个通道已失效。", n) % n)
    if n := health.held_count:
        found.append(ngettext("有 %d 条因通道停用而挂起。", "有 %d 条因通道停用而挂起。", n) % n)
    if n := health.awaiting_count:
        found.append(ngettext("有 %d 条等人发送。", "有 %d 条等人发送。", n) % n)
    return found


def span(seconds: float) -> str:
    """A length of time in words."""
    if seconds < 90:
        return ngettext("%d 秒", "%d 秒", round(seconds)) % round(seconds)
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("%d 分钟", "%d 分钟", minutes) % minutes
    hours = round(minutes / 60)
    return ngettext("%d 小时", "%d 小时", hours) % hours


def _tiles(health: DeliveryHealth, now: datetime, *, may_operate: bool) -> list[Tile]:
    midnight = local_midnight(now)
    due = _rows(state__exact=DeliveryState.PENDING, due_at__lte=now)
    waiting = _rows(state__exact=DeliveryState.AWAITING_PERSON)
    inbox = reverse("admin:channels_delivery_inbox") if may_operate else waiting
    lag = health.lag_p95_seconds
    return [
        Tile(
            "oldest",
            _("最早一条已等"),
            span(health.oldest_due_seconds) if health.due_count else "—",
            due,
            "danger" if health.is_stuck else "",
        ),
        Tile("due", _("到点未发"), f"{health.due_count:,}", due),
        Tile(
            "unknown",
            _("结果未知"),
            f"{health.unknown_count:,}",
            _rows(state__exact=DeliveryState.UNKNOWN),
            "danger" if health.unknown_count else "",
        ),
        Tile(
            "awaiting",
            _("待人工发送"),
            f"{health.awaiting_count:,}",
            inbox,
            "warning" if health.awaiting_count else "",
        ),
        Tile(
            "held",
            _("已挂起"),
            f"{health.held_count:,}",
            _rows(state__exact=DeliveryState.HELD),
            "warning" if health.held_count else "",
        ),
        Tile(
            "lag",
            _("近 15 分钟延迟（95%）"),
            span(lag) if lag is not None else "—",
            _rows(state__exact=DeliveryState.SENT, sent_at__gte=now - timedelta(minutes=15)),
        ),
        Tile(
            "sent",
            _("今日已送达"),
            f"{health.sent_today:,}",
            _rows(state__exact=DeliveryState.SENT, sent_at__gte=midnight),
        ),
        Tile(
            "failed",
            _("今日失败"),
            f"{health.failed_today:,}",
            _rows(state__exact=DeliveryState.FAILED, due_at__gte=midnight),
            "danger" if health.failed_today else "",
        ),
        Tile(
            "missed",
            _("今日错过"),
            f"{health.missed_today:,}",
            _rows(state__exact=DeliveryState.MISSED, due_at__gte=midnight),
            "danger" if health.missed_today else "",
        ),
    ]


def _rows(**lookups: Any) -> str:
    """The list of deliveries behind a figure."""
    wanted = {
        key: value.isoformat() if isinstance(value, datetime) else value for key, value in lookups.items()
    }
    return f"{reverse('admin:channels_delivery_changelist')}?{urlencode(wanted)}"
