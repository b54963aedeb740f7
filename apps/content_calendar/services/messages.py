"""What a post says in one group."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.channels.enums import ContentKind
from apps.content_calendar.enums import Part
from apps.content_calendar.models import Post
from apps.content_calendar.selectors.wall_clock import due_at
from apps.content_calendar.services.links import sample_link
from apps.content_calendar.services.rendering import render, variables_in
from apps.content_calendar.services.variables import values_for
from apps.groups.models import Group


@dataclass(frozen=True)
class Message:
    """One message: ``content`` is the snapshot that ``Delivery.content`` takes."""

    part: Part
    kind: str
    content: dict[str, Any]


def group_due_at(post: Post, group: Group) -> datetime:
    """When ``post`` is due in ``group`` (aware UTC). The post must have a time."""
    if post.scheduled_at is None:
        raise ValueError("the post has no time")
    return due_at(scheduled_at=post.scheduled_at, is_group_time=post.is_group_time, timezone=group.timezone)


def messages_for(post: Post, group: Group, *, due: datetime, run_link: str | None = None) -> list[Message]:
    """The messages of ``post`` in ``group``, in the order in which they go out; empty if it says nothing.

    ``run_link`` is the group's own link (``services.links``); left out, a sample of the same length stands for it.
    Raises ``Invalid`` for a wrong variable.
    """
    link = sample_link() if run_link is None else run_link
    values = values_for(group, due_at=due, is_group_time=post.is_group_time, run_link=link)
    if post.kind == ContentKind.LINK:
        content = {
            "kind": post.kind,
            "title": render(post.link_title, values),
            "text": render(post.body, values),
            "url": post.link_url,
            "picture_url": "",
        }
        return [Message(Part.MAIN, post.kind, content)]
    return list(_text_and_picture(post, values))


def _text_and_picture(post: Post, values: dict[str, str]) -> Iterator[Message]:
    kind = ContentKind.TEXT if post.kind == ContentKind.IMAGE else ContentKind(post.kind)
    text = render(post.body, values, kind=kind).strip()
    if text:
        yield Message(Part.MAIN, kind.value, {"kind": kind.value, "text": text})
    if post.kind == ContentKind.IMAGE and post.image is not None:
        picture = {"kind": ContentKind.IMAGE.value, "path": post.image.file.name}
        yield Message(Part.PICTURE, ContentKind.IMAGE.value, picture)


def variables_of(post: Post) -> set[str]:
    """Names of all variables that the post uses."""
    return variables_in(post.body) | (
        variables_in(post.link_title) if post.kind == ContentKind.LINK else set()
    )
