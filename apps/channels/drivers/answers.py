"""Reading answers: what every driver has in common."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.channels.drivers.base import Outcome, Verdict

#: When a platform says "too fast" but not for how long.
DEFAULT_WAIT_SECONDS = 60.0
MAX_WAIT_SECONDS = 24 * 3600.0


def read_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object in ``body``, or None for anything else (HTML, nothing, half of it)."""
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_code(payload: Mapping[str, Any] | None, name: str) -> int | None:
    """The whole number under ``name``, or None."""
    value = payload.get(name) if payload is not None else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of the ``Retry-After`` header, a minute if there is none that can be read."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        return DEFAULT_WAIT_SECONDS
    return min(seconds, MAX_WAIT_SECONDS) if seconds > 0 else DEFAULT_WAIT_SECONDS


def unreadable(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """The verdict when the body does not carry the platform's code (D4).

    429 is refused for sure. For the rest nobody can know whether the message stands in the group.
    """
    if status == 429:
        return Verdict(
            Outcome.RETRY,
            code="http_429",
            detail=_("平台限流（HTTP 429）。"),
            retry_after=retry_after(headers),
            is_penalty=True,
        )
    if not body.strip():
        return Verdict(Outcome.AMBIGUOUS, code=f"http_{status}", detail=_("平台的回答是空的。"))
    return Verdict(
        Outcome.AMBIGUOUS,
        code=f"http_{status}",
        detail=_("看不懂平台的回答（HTTP %(status)s）。") % {"status": status},
    )


def words(message: object, limit: int = 160) -> str:
    """A platform's error text for people: one line, without the hint that names our address."""
    text = " ".join(str(message or "").split())
    return text.partition(", hint:")[0][:limit]


def byte_size(text: str) -> int:
    """Length in UTF-8 bytes; a lone surrogate counts as the three bytes it would become."""
    return len(text.encode("utf-8", "surrogatepass"))
