"""Who is told when a channel has trouble."""

from django.urls import NoReverseMatch, reverse

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.notices import notify
from apps.channels.models import Channel


def people_of(channel: Channel) -> list[User]:
    """The channel's owner, else those of its team, else the superusers: somebody is always told (D6)."""
    if channel.owner is not None and channel.owner.is_active:
        return [channel.owner]
    staff = User.objects.filter(is_active=True, is_staff=True)
    team = [] if channel.team_id is None else list(staff.filter(teams=channel.team_id))
    return team or list(staff.filter(is_superuser=True))


def tell(channel: Channel, *, key: str, text: str, url: str, level: NoticeLevel) -> int:
    """Notify the channel's people once per ``key``; returns how many were told."""
    return notify(users=people_of(channel), key=key, text=text, url=url, level=level)


def channel_url(channel: Channel) -> str:
    """The channel's page in the admin, or "" where the admin is not installed."""
    try:
        return reverse("admin:channels_channel_change", args=[channel.pk])
    except NoReverseMatch:
        return ""
