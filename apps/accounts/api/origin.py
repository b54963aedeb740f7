"""Where a request came from, as salted digests: enough to see that two are the same, never the address itself."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

DEVICE_HEADER = "X-Device-Id"
_LONGEST_DEVICE = 64


def client_ip(request: HttpRequest) -> str:
    """The client's address in its canonical form; an IPv6 one as its /64, since a phone moves within it.

    ``TRUSTED_PROXIES`` proxies of ours each added one address to X-Forwarded-For; what stands left of theirs
    was written by the client and is not believed. "" when there is no address (a Unix socket without proxy).
    """
    given = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        given = hops[-settings.TRUSTED_PROXIES] if len(hops) >= settings.TRUSTED_PROXIES else given
    return _canonical(given.strip())


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((int(address), 64), strict=False).network_address)
    return str(address)


def ip_digest(request: HttpRequest) -> str:
    """16 hex characters, "" when the address is unknown."""
    return digest("ip", client_ip(request))


def device_digest(request: HttpRequest) -> str:
    """16 hex characters of what the app says its device is; "" without the header or when it is too long."""
    device = request.headers.get(DEVICE_HEADER, "").strip()
    return digest("device", device) if len(device) <= _LONGEST_DEVICE else ""


@lru_cache(maxsize=4096)
def digest(kind: str, value: str) -> str:
    """First 16 hex of HMAC-SHA256 under a key derived from ``SECRET_KEY``; "" for ""."""
    if not value:
        return ""
    return salted_hmac(f"request-origin:{kind}", value, algorithm="sha256").hexdigest()[:16]
