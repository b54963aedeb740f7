"""What the keys of a dimension are called."""

from collections.abc import Collection

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.analytics.enums import Dimension
from apps.campaigns.models import Campaign, Run, ShareLink
from apps.campaigns.selectors.channel_words import channel_words
from apps.campaigns.selectors.names import public_name
from apps.content_calendar.models import Post
from apps.core.models import ScopedQuerySet
from apps.core.numbers import wholes
from apps.groups.models import Group
from apps.members.models import Member, Tier


def labels_of(dim: Dimension, keys: Collection[str]) -> dict[str, str]:
    """{key: name} for all of ``keys``: one query at most. Channels and sources are their own names; people who invite
    by their public name alone. What has been deleted keeps its number."""
    if dim == Dimension.CHANNEL:
        words = channel_words()
        return {key: words.get(key, key) or _("未标明") for key in keys}
    if dim in (Dimension.TOTAL, Dimension.SOURCE):
        return {key: key or _("未标明") for key in keys}
    numbers = wholes(keys)
    names = _names(dim, numbers)
    return {key: names.get(key) or _("已删除（%s）") % key for key in keys}


def _names(dim: Dimension, numbers: list[int]) -> dict[str, str]:
    if dim == Dimension.INVITER:
        people = Member.objects.filter(pk__in=numbers).values_list("pk", "nickname")
        return {str(pk): public_name(nickname) for pk, nickname in people}
    if dim == Dimension.LINK:
        return {str(link.pk): _link_name(link) for link in _links(numbers)}
    if dim == Dimension.STAFF:
        return {
            str(user.pk): user.display_name or user.username for user in User.objects.filter(pk__in=numbers)
        }
    rows: dict[Dimension, ScopedQuerySet] = {  # type: ignore[type-arg]
        Dimension.GROUP: Group.objects.all(),
        Dimension.CAMPAIGN: Campaign.objects.all(),
        Dimension.RUN: Run.objects.select_related("campaign"),
        Dimension.POST: Post.objects.all(),
        Dimension.TIER: Tier.objects.all(),
    }
    return {str(row.pk): str(row) for row in rows[dim].filter(pk__in=numbers)}


def _links(numbers: list[int]) -> QuerySet[ShareLink]:
    return ShareLink.objects.filter(pk__in=numbers).select_related("group", "run__campaign")


def _link_name(link: ShareLink) -> str:
    """Where it hangs, what it leads to, and its code."""
    place = channel_words().get(link.channel, link.channel) or (link.group.name if link.group else "")
    return " · ".join(part for part in (place, link.run.campaign.title, link.code) if part)
