"""Doors on a row's page to pages of other rooms.

A higher room (visits, reviews) registers its page here from its own admin; the lower room never names it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from apps.accounts.models import User
from apps.core.errors import Text


@dataclass(frozen=True)
class Door:
    """``label`` and ``icon`` (Material Symbols) of a page; ``address`` of it for one row of the model ``on``, "" for
    none.

    It is shown to users with ``permission``, in ``order``.
    """

    key: str
    on: type[Model]
    label: Text
    help: Text
    icon: str
    address: Callable[[Any], str]
    permission: str
    order: int = 100


@dataclass(frozen=True)
class OpenDoor:
    key: str
    label: Text
    help: Text
    icon: str
    url: str


_doors: dict[tuple[type[Model], str], Door] = {}


def register_door(door: Door) -> None:
    """Raises ``ValueError`` on a second door of the same key on the same model."""
    if (door.on, door.key) in _doors:
        raise ValueError(f"door {door.key} on {door.on.__name__} is registered twice")
    _doors[door.on, door.key] = door


def doors_of(row: Model, user: User) -> list[OpenDoor]:
    """What ``user`` may open from the page of ``row``."""
    here = [door for door in _doors.values() if door.on is type(row)]
    return [
        OpenDoor(door.key, door.label, door.help, door.icon, url)
        for door in sorted(here, key=lambda one: (one.order, one.key))
        if user.has_perm(door.permission) and (url := door.address(row))
    ]
