"""What somebody had typed when the log-in came between: kept for the same browser and the same form."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.cache import cache

#: Seconds that a draft waits for its author.
KEPT = 3600


@dataclass(frozen=True)
class Draft:
    """Raw texts and tokens of pictures, by the names of the form's inputs."""

    texts: Mapping[str, str] = field(default_factory=dict)
    photos: Mapping[str, list[str]] = field(default_factory=dict)


def keep_draft(draft: Draft, *, visitor_token: str, path: str) -> None:
    """Keep it for the form at ``path``; the next one takes its place."""
    cache.set(_key(visitor_token, path), (dict(draft.texts), dict(draft.photos)), KEPT)


def draft_of(*, visitor_token: str, path: str) -> Draft:
    """What was typed into the form at ``path`` in this browser, or an empty draft."""
    found = cache.get(_key(visitor_token, path))
    return Draft(*found) if found else Draft()


def drop_draft(*, visitor_token: str, path: str) -> None:
    cache.delete(_key(visitor_token, path))


def _key(visitor_token: str, path: str) -> str:
    return "h5:draft:" + hashlib.sha256(f"{visitor_token}|{path}".encode()).hexdigest()
