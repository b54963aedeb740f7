"""Doors on the page of a campaign to pages of other rooms.

A higher room (visits, reviews) registers its page here from its own admin; this room never names it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from apps.accounts.models import User
from apps.campaigns.models import Campaign, LandingVersion
from apps.core.errors import Text


@dataclass(frozen=True)
class Door:
    """``label`` and ``icon`` (Material Symbols) of a page; ``address`` of it for one campaign, "" for none.

    It is shown to users with ``permission``, in ``order``.
    """

    key: str
    label: Text
    help: Text
    icon: str
    address: Callable[[Campaign], str]
    permission: str
    order: int = 100


@dataclass(frozen=True)
class OpenDoor:
    key: str
    label: Text
    help: Text
    icon: str
    url: str


_doors: dict[str, Door] = {}


def register_door(door: Door) -> None:
    """Raises ``ValueError`` on a second door of the same key."""
    if door.key in _doors:
        raise ValueError(f"door {door.key} is registered twice")
    _doors[door.key] = door


def doors_of(campaign: Campaign, user: User) -> list[OpenDoor]:
    """What ``user`` may open from the page of ``campaign``."""
    return [
        OpenDoor(door.key, door.label, door.help, door.icon, url)
        for door in sorted(_doors.values(), key=lambda one: (one.order, one.key))
        if user.has_perm(door.permission) and (url := door.address(campaign))
    ]


type PreviewAddress = Callable[[Campaign, LandingVersion | None, User], str]

_previews: list[PreviewAddress] = []


def register_preview(address: PreviewAddress) -> None:
    """The room that draws phone pages says where ``user`` finds a version of a campaign's landing page drawn (or,
    for ``None``, the page shipped for its mechanic). Raises ``ValueError`` on a second one."""
    if _previews:
        raise ValueError("landing pages are drawn in one place")
    _previews.append(address)


def preview_of(campaign: Campaign, version: LandingVersion | None, user: User) -> str:
    """The address of that preview, which takes ``?as=`` (a state of the run); "" where nobody draws it."""
    return _previews[0](campaign, version, user) if _previews else ""
