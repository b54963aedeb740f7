"""Answers that are kept for some seconds. A cache that does not answer is no reason for a page to fail.

Not for limits and locks: those must know whether they hold, see ``apps.accounts.api.counters``.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.core.cache import cache

logger = logging.getLogger(__name__)


def remembered[T](key: str, seconds: int, make: Callable[[], T]) -> T:
    """What ``make`` returns (never None), at most ``seconds`` old; made each time while the cache is away."""
    found: T | None = recall(key)
    if found is None:
        found = make()
        keep(key, found, seconds)
    return found


def recall(key: str, default: Any = None) -> Any:
    """What is kept under ``key``; ``default`` for nothing, or while the cache is away."""
    with _forgiving():
        return cache.get(key, default)
    return default


def keep(key: str, value: object, seconds: int | None) -> None:
    """Keep ``value`` (None: until it is replaced), if the cache is there."""
    with _forgiving():
        cache.set(key, value, seconds)


@contextmanager
def _forgiving() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        logger.warning("cache away: %s", error)
