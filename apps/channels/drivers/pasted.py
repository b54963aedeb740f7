"""What people paste as a robot's address."""

from urllib.parse import urlsplit

#: The chat simulator of a developer or a demo.
_OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def is_foreign_address(pasted: str, hosts: frozenset[str]) -> bool:
    """True if ``pasted`` is an address, with or without a scheme, of a host that is not in ``hosts``.

    A bare key or ``name=value`` is no address. Look-alikes (``vendor@evil``, ``vendor.evil``) are foreign.
    """
    if "/" not in pasted:
        return False
    try:
        host = urlsplit(pasted if "://" in pasted else f"//{pasted.lstrip('/')}").hostname
    except ValueError:
        return True
    return host not in hosts | _OWN_HOSTS
