"""How often something happened lately: counted in Valkey, or by this process alone while that is away."""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

#: After a failure nobody asks Valkey again for this long: a dead cache must not cost every request a timeout.
REST_SECONDS = 5.0
_SECONDS = 0.25
_MOST_LOCAL = 50_000
#: Counts under each key, and lets a new key end with its window.
_COUNT = """
local counts = {}
for number, key in ipairs(KEYS) do
    counts[number] = redis.call('INCR', key)
    if counts[number] == 1 then redis.call('EXPIRE', key, ARGV[number]) end
end
return counts"""
_SHA = hashlib.sha1(_COUNT.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Limit:
    """At most ``most`` times within a window of ``seconds`` for whatever ``key`` names."""

    key: str
    most: int
    seconds: int


class Counters:
    """Fixed windows. One round trip for any number of limits; every call counts, refused or not."""

    def __init__(self, url: str, prefix: str) -> None:
        # A Unix socket connects at once or not at all, and redis-py takes no timeout for it.
        waits = {"socket_timeout": _SECONDS} | (
            {} if url.startswith("unix") else {"socket_connect_timeout": _SECONDS}
        )
        self._client = redis.Redis.from_url(url, **waits) if url else None
        self._prefix = prefix
        self._rests_until = 0.0
        self._local: dict[str, int] = {}

    def wait_for(self, limits: Sequence[Limit], now: float | None = None) -> int:
        """Count one more under each limit; 0 if all allow it, else whole seconds until all would again.

        ``now``: seconds since the epoch. Never raises: without Valkey the limits hold per process.
        """
        now = time.time() if now is None else now
        keys = self._keys(limits, now)
        seconds = [limit.seconds + 1 for limit in limits]
        counts = self._ask(lambda: self._run(keys, seconds))
        return _wait(limits, [self._count_here(key) for key in keys] if counts is None else counts, now)

    def spent(self, limits: Sequence[Limit], now: float | None = None) -> int:
        """Whether one more would be too many, without counting it: 0, or seconds as ``wait_for`` says. Never raises."""
        now = time.time() if now is None else now
        keys = self._keys(limits, now)
        client: Any = self._client
        counts = self._ask(lambda: client.mget(keys) if keys else [])
        here = [self._local.get(key, 0) for key in keys]
        return _wait(limits, [count + 1 for count in (here if counts is None else counts)], now)

    def _keys(self, limits: Sequence[Limit], now: float) -> list[str]:
        return [f"{self._prefix}:{limit.key}:{limit.seconds}:{int(now // limit.seconds)}" for limit in limits]

    def _ask(self, question: Callable[[], list[Any]]) -> list[int] | None:
        """Counts from Valkey; ``None`` while it is away."""
        if self._client is None or time.monotonic() < self._rests_until:
            return None
        try:
            return [int(count or 0) for count in question()]
        except (redis.RedisError, OSError) as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            logger.warning("limits are counted by each process alone: %s", type(error).__name__)
            return None

    def _run(self, keys: Sequence[str], seconds: Sequence[int]) -> list[Any]:
        """One command; the script itself is sent again only to a server that has never seen it."""
        client: Any = self._client
        try:
            return client.evalsha(_SHA, len(keys), *keys, *seconds)
        except redis.exceptions.NoScriptError:
            return client.eval(_COUNT, len(keys), *keys, *seconds)

    def _count_here(self, key: str) -> int:
        if len(self._local) >= _MOST_LOCAL:
            self._local.clear()  # forgetting is better than growing: windows are short
        self._local[key] = self._local.get(key, 0) + 1
        return self._local[key]


def _wait(limits: Sequence[Limit], counts: Sequence[int], now: float) -> int:
    waits = [
        math.ceil(limit.seconds - now % limit.seconds)
        for limit, count in zip(limits, counts, strict=True)
        if count > limit.most
    ]
    return max(waits, default=0)


@cache
def counters() -> Counters:
    """This process's counters."""
    return Counters(settings.CACHE_URL, f"{settings.CACHE_PREFIX}:limit")
