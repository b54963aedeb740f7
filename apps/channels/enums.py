"""States and vocabularies of delivery."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Platform(models.TextChoices):
    WECOM = "wecom", _("企业微信")
    WECHAT = "wechat", _("微信")
    QQ = "qq", _("QQ")
    DINGTALK = "dingtalk", _("钉钉")
    FEISHU = "feishu", _("飞书")
    TELEGRAM = "telegram", _("Telegram")
    OTHER = "other", _("其他")


class ContentKind(models.TextChoices):
    TEXT = "text", _("文字")
    MARKDOWN = "markdown", _("Markdown")
    IMAGE = "image", _("图片")
    LINK = "link", _("链接卡片")


class ChannelState(models.TextChoices):
    ACTIVE = "active", _("正常")
    PAUSED = "paused", _("已暂停")
    DISABLED = "disabled", _("已失效")


CHANNEL_MOVES: dict[str, frozenset[str]] = {
    ChannelState.ACTIVE: frozenset({ChannelState.PAUSED, ChannelState.DISABLED}),
    ChannelState.PAUSED: frozenset({ChannelState.ACTIVE, ChannelState.DISABLED}),
    ChannelState.DISABLED: frozenset({ChannelState.ACTIVE}),
}


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("待发送")
    CLAIMED = "claimed", _("已领取")
    SENDING = "sending", _("发送中")
    SENT = "sent", _("已送达")
    FAILED = "failed", _("失败")
    UNKNOWN = "unknown", _("结果未知")
    AWAITING_PERSON = "awaiting_person", _("待人工发送")
    MISSED = "missed", _("已错过")
    CANCELLED = "cancelled", _("已取消")
    HELD = "held", _("已挂起")


#: Nothing more will happen by itself.
FINAL_STATES = frozenset(
    {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.MISSED, DeliveryState.CANCELLED}
)
#: A person is asked to do something.
ATTENTION_STATES = frozenset(
    {
        DeliveryState.UNKNOWN,
        DeliveryState.AWAITING_PERSON,
        DeliveryState.FAILED,
        DeliveryState.MISSED,
        DeliveryState.HELD,
    }
)
#: Still to come, and may be moved or cancelled.
OPEN_STATES = frozenset({DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.AWAITING_PERSON})

_S = DeliveryState
DELIVERY_MOVES: dict[str, frozenset[str]] = {
    _S.PENDING: frozenset({_S.CLAIMED, _S.AWAITING_PERSON, _S.MISSED, _S.CANCELLED, _S.HELD}),
    _S.CLAIMED: frozenset({_S.PENDING, _S.SENDING, _S.CANCELLED, _S.FAILED}),
    _S.SENDING: frozenset({_S.SENT, _S.FAILED, _S.UNKNOWN, _S.PENDING, _S.HELD}),
    _S.UNKNOWN: frozenset(
        {_S.SENT, _S.PENDING, _S.FAILED, _S.HELD}
    ),  # by a person, or a verdict that came late
    _S.AWAITING_PERSON: frozenset({_S.SENT, _S.PENDING, _S.MISSED, _S.CANCELLED}),  # pending: moved to later
    _S.HELD: frozenset({_S.PENDING, _S.MISSED, _S.CANCELLED}),
    _S.FAILED: frozenset({_S.PENDING, _S.SENT}),
    _S.MISSED: frozenset({_S.PENDING, _S.SENT}),
    _S.CANCELLED: frozenset({_S.PENDING}),  # recalled before any attempt, then scheduled again
    _S.SENT: frozenset(),
}


class AttemptOutcome(models.TextChoices):
    """What one request came to. ``started`` without an end is what a killed worker leaves behind."""

    STARTED = "started", _("已发出")
    ACCEPTED = "accepted", _("平台已接收")
    REFUSED = "refused", _("平台拒绝")
    RETRY = "retry", _("稍后重试")
    AMBIGUOUS = "ambiguous", _("结果不明")
    NOT_SENT = "not_sent", _("未能发出")
    BY_PERSON = "by_person", _("人工处理")
