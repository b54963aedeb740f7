"""How a post will look in its groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from apps.channels.drivers.base import Content
from apps.channels.drivers.registry import get_driver
from apps.channels.enums import ContentKind
from apps.content_calendar.models import Post
from apps.content_calendar.selectors.wall_clock import to_wall, zone
from apps.content_calendar.services.messages import group_due_at, messages_for
from apps.core.errors import Invalid
from apps.groups.models import Group

_TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "del",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "hr",
    "font",
} | {f"h{level}" for level in range(1, 7)}
_LONGEST_ASKED = 64 * 1024
_MARKDOWN = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable("strikethrough")


@dataclass(frozen=True)
class Bubble:
    """One message as a chat shows it. ``bytes`` counts the text in UTF-8, as platforms do."""

    kind: str
    text: str = ""
    html: SafeString | str = ""
    title: str = ""
    url: str = ""
    path: str = ""

    @property
    def size(self) -> int:
        return len(self.text.encode())


@dataclass(frozen=True)
class Preview:
    """A post in one group. ``due`` is naive, on the clock that the post follows; ``refusal`` if it cannot be
    rendered."""

    group: Group
    driver: str
    channel: str
    due: datetime | None
    bubbles: list[Bubble] = field(default_factory=list)
    refusal: str = ""
    #: The most bytes of text that the channel's platform takes, if it says so.
    limit: int | None = None


def bubble_of(content: Mapping[str, Any]) -> Bubble:
    """A snapshot (``Delivery.content``) as a bubble."""
    kind, text = content["kind"], content.get("text", "")
    return Bubble(
        kind=kind,
        text=text,
        html=markdown_html(text) if kind == ContentKind.MARKDOWN else "",
        title=content.get("title", ""),
        url=content.get("url", ""),
        path=content.get("path", ""),
    )


def markdown_html(text: str) -> SafeString:
    """Markdown as the platforms show it, sanitised (S6); WeCom's three font colours are kept."""
    clean = nh3.clean(
        _MARKDOWN.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}, "font": set()},
        tag_attribute_values={"font": {"color": {"info", "comment", "warning"}}},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
    )
    return mark_safe(clean)  # noqa: S308 - nh3 has just cleaned it


def previews(
    post: Post, groups: Sequence[Group], *, now: datetime, first: int | None = None
) -> list[Preview]:
    """One preview for each way of sending among ``groups``; the group with id ``first`` is shown instead of
    another of its kind, and before all others."""
    ordered = sorted(groups, key=lambda group: group.pk != first)
    shown: dict[str, Group] = {}
    for group in ordered:
        shown.setdefault(group.channel.driver if group.channel else "", group)
    return [_preview(post, group, now=now) for group in shown.values()]


def _preview(post: Post, group: Group, *, now: datetime) -> Preview:
    driver = str(group.channel.get_driver_display()) if group.channel else ""
    channel = group.channel.name if group.channel else ""
    try:
        due = group_due_at(post, group) if post.scheduled_at else now
        messages = messages_for(post, group, due=due)
    except Invalid as error:
        return Preview(group, driver, channel, None, refusal=str(error))
    local = due.astimezone(zone(group.timezone)).replace(tzinfo=None) if post.is_group_time else to_wall(due)
    return Preview(
        group,
        driver,
        channel,
        local if post.scheduled_at else None,
        [bubble_of(message.content) for message in messages],
        limit=text_limit(group.channel.driver, post.kind) if group.channel else None,
    )


@cache
def text_limit(driver: str, kind: str) -> int | None:
    """How many bytes of text ``driver`` takes for ``kind``, found by asking it; ``None`` if any length will do."""
    shape = ContentKind.TEXT if kind == ContentKind.IMAGE else kind
    ask = get_driver(driver).problems

    def refuses(size: int) -> bool:
        return bool(ask(Content(kind=shape, text="a" * size, title="a", url="https://example.com/")))

    fits, too_long = 1, _LONGEST_ASKED
    if refuses(fits) or not refuses(too_long):
        return None
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        fits, too_long = (fits, middle) if refuses(middle) else (middle, too_long)
    return fits
