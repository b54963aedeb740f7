"""The life of a channel: pausing, resuming, disabling for good (D9), trying it out."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.channels.drivers.registry import get_driver
from apps.channels.enums import CHANNEL_MOVES, ChannelState, ContentKind
from apps.channels.models import Channel, Delivery
from apps.channels.services.outbox import Draft, create_deliveries
from apps.channels.services.telling import channel_url, tell
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.core.models import move

_DISABLE = """
UPDATE channels_channel SET state = 'disabled', state_reason = %s, updated_at = clock_timestamp()
WHERE id = %s AND lease_token = %s AND state <> 'disabled'
"""


def disable_gone(*, channel_id: int, token: int, detail: str) -> None:
    """The platform says for good that this robot is no more: disable it once and tell its owner once (D9).

    Runs in the transaction that records the refusal. Its queue becomes held by the next tick.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DISABLE, [detail[:300], channel_id, token])
        if not cursor.rowcount:
            return
    channel = Channel.objects.get(pk=channel_id)
    audit(actor=None, action="channel.disable", target=channel, reason=detail[:500])
    tell(
        channel,
        key=f"channel:{channel_id}:gone:{token}",
        text=_("通道“%(channel)s”已失效，待发消息已挂起。请检查机器人是否被移出群，修好后重新启用。")
        % {"channel": channel.name},
        url=channel_url(channel),
        level=NoticeLevel.ERROR,
    )


def pause_channel(*, channel: Channel, actor: User, now: datetime, reason: str = "") -> None:
    """Stop sending through ``channel``; what falls due is held. Raises ``NotAllowed`` or ``WrongState``."""
    _check(channel, actor)
    with transaction.atomic():
        move(channel, ChannelState.PAUSED, table=CHANNEL_MOVES, state_reason=reason[:300])
        audit(actor=actor, action="channel.pause", target=channel, reason=reason[:500])


def activate_channel(*, channel: Channel, actor: User, now: datetime, reason: str = "") -> None:
    """Send again, from a pause or after a repair. The next tick releases what is held and still in time.

    A circuit that a platform's penalty opened stays open until its end.
    """
    _check(channel, actor)
    driver = get_driver(channel.driver)
    if driver.secret_label and not channel.secret:
        raise Invalid(
            _("这个通道还没有可用的密钥。"), hint=_("请先填写“%(label)s”。") % {"label": driver.secret_label}
        )
    with transaction.atomic():
        move(channel, ChannelState.ACTIVE, table=CHANNEL_MOVES, state_reason="")
        audit(actor=actor, action="channel.activate", target=channel, reason=reason[:500])


@transaction.atomic
def send_test(*, channel: Channel, actor: User, now: datetime) -> Delivery:
    """Put a real test message into the outbox, due now: it takes the same way as every other one.

    Raises ``WrongState`` if the channel does not send, ``NotAllowed``.
    """
    _check(channel, actor)
    if channel.state != ChannelState.ACTIVE:
        raise WrongState(_("通道没有在发送。"), hint=_("先启用它，再发测试消息。"))
    text = _("群策测试消息：看到这句话，说明“%(channel)s”可以正常发送。") % {"channel": channel.name}
    draft = Draft(
        key=f"test:{channel.pk}:{uuid4().hex}",
        channel_id=channel.pk,
        team_id=channel.team_id,
        recipient=channel.name,
        address="",
        subject=_("测试消息"),
        source_url=channel_url(channel),
        kind=ContentKind.TEXT,
        content={"kind": "text", "text": text},
        due_at=now,
        cutoff_at=now + timedelta(minutes=5),
    )
    audit(actor=actor, action="channel.test", target=channel)
    return create_deliveries(drafts=[draft], now=now)[0]


def _check(channel: Channel, actor: User) -> None:
    is_visible = Channel.objects.visible_to(actor).filter(pk=channel.pk).exists()
    if not (is_visible and actor.has_perm("channels.change_channel")):
        raise NotAllowed(_("你没有管理这个通道的权限。"), hint=_("请联系社群架构师。"))
