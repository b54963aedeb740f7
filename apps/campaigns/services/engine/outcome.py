"""What goes in beside the verb, and what comes out."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Came:
    """Whose link brought the acting member to the run, as the pages' room knows it; nothing for who came alone."""

    group_id: int | None = None
    post_id: int | None = None
    channel: str = ""
    inviter_id: int | None = None

    def words(self) -> dict[str, Any]:
        """As facts say it: post, channel and inviter, those that are known."""
        found = {"post": self.post_id, "channel": self.channel, "inviter": self.inviter_id}
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True)
class Origin:
    """Where a request came from: salted digests of 16 hex digits, never the address itself. Empty if unknown."""

    ip_hash: str = ""
    device_hash: str = ""
    came: Came = Came()


@dataclass(frozen=True)
class Outcome:
    """``answer`` is JSON for the caller; ``is_repeat`` when the Idempotency-Key was known (C11)."""

    entry_id: int
    code: str
    answer: dict[str, Any] = field(default_factory=dict)
    is_repeat: bool = False
