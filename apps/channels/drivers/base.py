"""What a driver is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from django.utils.functional import Promise

type Text = str | Promise


@dataclass(frozen=True)
class Content:
    """Rendered content in neutral form.

    ``kind`` is a ``ContentKind`` value. ``text``: the body of text and markdown. ``image``: raw JPEG or PNG
    bytes (loaded by the caller just before building). Links: ``title``, ``text`` (description), ``url``,
    ``picture_url``. ``key`` and ``recipient`` name the delivery and its group, for receivers of our own
    format; robots of chat platforms have no place for them.
    """

    kind: str
    text: str = ""
    title: str = ""
    url: str = ""
    picture_url: str = ""
    image: bytes = b""
    key: str = ""
    recipient: str = ""


@dataclass(frozen=True)
class Credentials:
    """``secret`` as the driver's ``secret_label`` says; ``base_url`` is the platform's address in settings."""

    secret: str
    signing_secret: str = ""
    base_url: str = ""


@dataclass(frozen=True)
class Request:
    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    #: The URL was typed by staff: it must pass the outbound guard (S4).
    is_guarded: bool = False


class Outcome(StrEnum):
    """What an answer means for the delivery."""

    ACCEPTED = "accepted"
    RETRY = "retry"  # refused for now: rate, busy; not delivered for sure
    REFUSED = "refused"  # refused for good because of the content
    CHANNEL_GONE = "channel_gone"  # refused for good because of the channel: disable it (D9)
    AMBIGUOUS = "ambiguous"  # nobody can know (D3, D4)


@dataclass(frozen=True)
class Verdict:
    """``retry_after`` in seconds; ``is_penalty`` opens the channel's circuit for that long (D5)."""

    outcome: Outcome
    code: str = ""
    detail: str = ""
    retry_after: float | None = None
    is_penalty: bool = False
    proof: str = ""


class Driver(Protocol):
    """One way of sending. Found by ``key`` in the registry; stateless."""

    key: ClassVar[str]
    label: ClassVar[Text]
    #: ``Platform`` value that channels of this driver have, or "" if the person chooses.
    platform: ClassVar[str]
    #: What ``Channel.secret`` holds, in words for the form; empty if the driver needs none.
    secret_label: ClassVar[Text]
    help_text: ClassVar[Text]
    #: What ``Channel.signing_secret`` holds, or "" if requests are not signed.
    signing_label: ClassVar[Text]
    #: What ``Group.channel_address`` holds, or "" if a robot serves one group.
    address_label: ClassVar[Text]
    #: Name of the setting with the platform's base address, or "".
    base_setting: ClassVar[str]
    #: True if a person sends: deliveries go to the operator inbox instead of a request.
    is_manual: ClassVar[bool]
    default_rate: ClassVar[tuple[int, int]]  # messages, seconds

    def clean_secret(self, secret: str) -> str:
        """Return the canonical secret (a pasted full URL becomes the key). Raises ``Invalid`` with a hint."""
        ...

    def problems(self, content: Content) -> list[Text]:
        """Why the platform would refuse this content (kind unsupported, too long, too large); empty if fine."""
        ...

    def build(self, content: Content, *, credentials: Credentials, address: str, now: datetime) -> Request:
        """Return the request; pure."""
        ...

    def read(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        """Return the verdict of the platform's answer: from the body, not the status (D4)."""
        ...


def content_from_snapshot(
    snapshot: Mapping[str, Any], image: bytes = b"", *, key: str = "", recipient: str = ""
) -> Content:
    """Read ``Delivery.content``."""
    return Content(
        kind=snapshot["kind"],
        text=snapshot.get("text", ""),
        title=snapshot.get("title", ""),
        url=snapshot.get("url", ""),
        picture_url=snapshot.get("picture_url", ""),
        image=image,
        key=key,
        recipient=recipient,
    )
