"""What goes in beside the verb, and what comes out."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Origin:
    """Where a request came from: salted digests of 16 hex digits, never the address itself. Empty if unknown."""

    ip_hash: str = ""
    device_hash: str = ""


@dataclass(frozen=True)
class Outcome:
    """``answer`` is JSON for the caller; ``is_repeat`` when the Idempotency-Key was known (C11)."""

    entry_id: int
    code: str
    answer: dict[str, Any] = field(default_factory=dict)
    is_repeat: bool = False
