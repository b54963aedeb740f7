"""The cache's address, from the broker's."""

from typing import Any
from urllib.parse import parse_qs, urlsplit


def cache_url(broker: str) -> str:
    """Database 1 beside the broker's, in the spelling of redis-py; "" if the broker is no Redis.

    Celery spells a Unix socket ``redis+socket:///path?virtual_host=0``.
    """
    parts = urlsplit(broker)
    if parts.scheme == "redis+socket":
        return f"unix://{parts.path}?db={_other(parse_qs(parts.query).get('virtual_host', ['0'])[0])}"
    if parts.scheme in ("redis", "rediss"):
        return parts._replace(path=f"/{_other(parts.path.strip('/'))}").geturl()
    return ""


def _other(database: str) -> int:
    return 0 if database.strip("/") == "1" else 1


def caches(url: str, prefix: str) -> dict[str, Any]:
    """``CACHES`` for ``url``; without one each process keeps its own."""
    if not url:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            "KEY_PREFIX": prefix,
            "OPTIONS": {"socket_timeout": 1},
        }
    }
