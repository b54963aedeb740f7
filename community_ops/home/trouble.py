"""What went wrong, each with what to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.channels.enums import ChannelState, DeliveryState
from apps.channels.models import Channel, Delivery
from apps.channels.selectors.progress import delivery_health
from apps.groups.models import Group
from community_ops.home.links import change_link, link

WINDOW = timedelta(hours=24)
_ROWS = 8

_TODO = {
    DeliveryState.FAILED: gettext_lazy("看原因：内容的问题改好重发，通道的问题先修通道。"),
    DeliveryState.MISSED: gettext_lazy("已过截止时间，不会再自动发。还有用就手动重发，没用就不管。"),
    DeliveryState.HELD: gettext_lazy("通道失效，消息在排队。换好密钥、恢复通道后会继续发。"),
}


@dataclass(frozen=True)
class Trouble:
    label: str
    count: int
    reason: str
    todo: str
    url: str
    tone: str = "danger"


def troubles(user: User, now: datetime) -> list[Trouble]:
    """Failed, missed and held deliveries of the last 24 hours by reason, dead channels, unreachable groups."""
    found: list[Trouble] = []
    if user.has_perm("channels.view_channel"):
        found += _channels(user)
    if user.has_perm("channels.view_delivery"):
        found += _stuck(now)
        found += _deliveries(user, now)
    if user.has_perm("groups.view_group"):
        found += _groups(user)
    return found


def _channels(user: User) -> list[Trouble]:
    rows = Channel.objects.visible_to(user).filter(state=ChannelState.DISABLED).order_by("name")[:_ROWS]
    return [
        Trouble(
            label=_("通道“%s”已失效") % channel.name,
            count=1,
            reason=channel.state_reason,
            todo=_("在群里重新添加机器人，把新密钥填进通道，再点“恢复”。"),
            url=change_link("channels_channel_change", channel.pk),
        )
        for channel in rows
    ]


def _stuck(now: datetime) -> list[Trouble]:
    """Due and not sent for minutes (D8): of the whole house, since a stopped worker stops everybody."""
    health = delivery_health(now)
    if not health.is_stuck:
        return []
    minutes = int(health.oldest_due_seconds // 60)
    return [
        Trouble(
            label=_("到点没发出去"),
            count=health.due_count,
            reason=_("最早的一条已经晚了 %d 分钟。") % minutes,
            todo=_("限速排队会自己追上；如果数字一直不动，请检查后台任务（worker 和 beat）是否在运行。"),
            url=link("channels_health"),
        )
    ]


def _deliveries(user: User, now: datetime) -> list[Trouble]:
    since = now - WINDOW
    rows = (
        Delivery.objects.visible_to(user)
        .filter(
            state__in=[DeliveryState.FAILED, DeliveryState.MISSED, DeliveryState.HELD],
            due_at__gte=since,
            due_at__lte=now + WINDOW,
        )
        .order_by()
        .values("state", "reason_code", "reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "state")[:_ROWS]
    )
    labels = dict(DeliveryState.choices)
    found = []
    for row in rows:
        lookups = {"state__exact": row["state"], "due_at__gte": since}
        if row["reason_code"]:
            lookups["reason_code__exact"] = row["reason_code"]
        found.append(
            Trouble(
                label=str(labels[row["state"]]),
                count=row["count"],
                reason=" ".join(part for part in (row["reason_code"], row["reason"]) if part),
                todo=str(_TODO[DeliveryState(row["state"])]),
                url=link("channels_delivery_changelist", **lookups),
                tone="danger" if row["state"] == DeliveryState.FAILED else "warning",
            )
        )
    return found


def _groups(user: User) -> list[Trouble]:
    count = Group.objects.visible_to(user).open().filter(channel__isnull=True).order_by().count()
    if not count:
        return []
    return [
        Trouble(
            label=_("社群没有通道"),
            count=count,
            reason=_("发给这些群的帖子过不了检查。"),
            todo=_("给群选一个通道；个人微信群选“人工发送”。"),
            url=link("groups_group_changelist", reach="none"),
            tone="warning",
        )
    ]
