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


#: Inline classes, filters, and callables (member, user) → facts; each appended by an ``admin`` of a higher room.
inlines: list[type[Any]] = []
filters: list[Any] = []
facts: list[Callable[[Member, User], list[Fact]]] = []
