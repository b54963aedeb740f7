"""Where the phone pages of a campaign are drawn: a higher room says it, this one never names it."""

from collections.abc import Callable

from apps.accounts.models import User
from apps.campaigns.models import Campaign, LandingVersion

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
