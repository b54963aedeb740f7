"""What the keys of a dimension are called."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.analytics.enums import Dimension
from apps.analytics.selectors.scope import Scope
from apps.campaigns.models import Campaign, Run, ShareLink
from apps.campaigns.selectors.channel_words import channel_words
from apps.campaigns.selectors.names import public_name
from apps.content_calendar.models import Post
from apps.core.numbers import wholes
from apps.groups.models import Group
from apps.members.models import Member, Tier


def labels_of(dim: Dimension, keys: Collection[str], scope: Scope) -> dict[str, str]:
    """{key: name} for all of ``keys``: one query at most. Channels and sources are their own names; people who invite
    by their public name alone. A fact of the scope may be about another team's campaign or post: that has a number and
    no name (S1), as what has been deleted."""
    if dim == Dimension.CHANNEL:
        words = channel_words()
        return {key: words.get(key, key) or _("未标明") for key in keys}
    if dim in (Dimension.TOTAL, Dimension.SOURCE):
        return {key: key or _("未标明") for key in keys}
    numbers = wholes(keys)
    names = _names(dim, numbers, scope)
    return {key: names.get(key) or f"{dim.label} #{key}" for key in keys}


def _names(dim: Dimension, numbers: list[int], scope: Scope) -> dict[str, str]:
    if dim == Dimension.INVITER:
        people = Member.objects.filter(pk__in=numbers).values_list("pk", "nickname")
        return {str(pk): public_name(nickname) for pk, nickname in people}
    if dim == Dimension.STAFF:
        return {
            str(user.pk): user.display_name or user.username for user in User.objects.filter(pk__in=numbers)
        }
    if dim == Dimension.TIER:
        return {str(tier.pk): str(tier) for tier in Tier.objects.filter(pk__in=numbers)}
    rows, team = _of_teams()[dim]
    found = rows.filter(pk__in=numbers)
    if scope.team_ids is not None:
        found = found.filter(**{f"{team}__in": scope.team_ids})
    return {str(row.pk): _link_name(row) if isinstance(row, ShareLink) else str(row) for row in found}


def _of_teams() -> dict[Dimension, tuple[QuerySet[Any], str]]:
    """The rows that a dimension's keys name, and the way from one to its team."""
    return {
        Dimension.GROUP: (Group.objects.all(), "team"),
        Dimension.CAMPAIGN: (Campaign.objects.all(), "team"),
        Dimension.RUN: (Run.objects.select_related("campaign"), "campaign__team"),
        Dimension.POST: (Post.objects.all(), "team"),
        Dimension.LINK: (ShareLink.objects.select_related("group", "run__campaign"), "run__campaign__team"),
    }


def _link_name(link: ShareLink) -> str:
    """Where it hangs, what it leads to, and its code."""
    place = channel_words().get(link.channel, link.channel) or (link.group.name if link.group else "")
    return " · ".join(part for part in (place, link.run.campaign.title, link.code) if part)
