"""What higher rooms add to a member's page and list: this room cannot know them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from apps.accounts.models import User
from apps.members.models import Member


@dataclass(frozen=True)
class Fact:
    """A figure at the head of a member's page; ``url`` opens the rows behind it."""

    label: str | Promise
    value: str
    url: str = ""


@dataclass(frozen=True)
class Tool:
    """A page of a higher room about one member, offered at the head of theirs."""

    label: str | Promise
    url: str
    name: str  # for tests


#: Inline classes, filters, and callables (member, user) → facts or a tool (``None``: not for this user); each
#: appended by an ``admin`` of a higher room.
inlines: list[type[Any]] = []
filters: list[Any] = []
facts: list[Callable[[Member, User], list[Fact]]] = []
tools: list[Callable[[Member, User], Tool | None]] = []
