"""Outbound HTTP: one request, one answer, one deadline; and the guard for addresses set by staff (S4).

A guarded client resolves a host once, refuses it unless every address is globally routable, and connects
to the very address it checked, so a second DNS answer cannot lead inward. Redirects are never followed and
proxies from the environment are never used.
"""

import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpcore
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Invalid

MAX_ANSWER_BYTES = 64 * 1024
#: Idle connections are dropped before a platform would: writing into one it just closed is ambiguous.
KEEPALIVE_SECONDS = 4.0

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Beyond ``is_global``: tunnels that carry an inner IPv4 address, and hosts' own control addresses.
_REFUSED_NETWORKS = [
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's host agent: a public address that answers with secrets
        "192.88.99.0/24",  # 6to4 relays
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local
    )
]


class NotSent(Exception):
    """No byte of the request left this machine; trying again is safe."""


class Blocked(NotSent):
    """The guard refused the address (S4)."""


class NoAnswer(Exception):
    """The request may have arrived; nobody can know."""


@dataclass(frozen=True)
class Answer:
    """``headers`` have lower-case names; ``body`` is cut at ``MAX_ANSWER_BYTES``."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_public(address: str) -> bool:
    """Whether an IP address is globally routable and no tunnel to one that is not."""
    try:
        found: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(found.version == network.version and found in network for network in _REFUSED_NETWORKS):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def is_allowed_host(host: str, port: int) -> bool:
    """Whether ``OUTBOUND_ALLOWED_HOSTS`` names ``host`` or ``host:port``."""
    allowed = {entry.strip().lower() for entry in settings.OUTBOUND_ALLOWED_HOSTS}
    host = host.lower().strip("[]")
    return host in allowed or f"{host}:{port}" in allowed or f"[{host}]:{port}" in allowed


def check_url(url: str) -> str:
    """Return ``url`` if staff may set it as a destination; raises ``Invalid`` with what to change.

    Reads only the text; names are resolved and checked when the connection is made.
    """
    hint = _("请填完整的公网地址，例如 https://example.com/hook。")
    if any(ord(letter) <= 32 or ord(letter) == 127 or letter == "\\" for letter in url):
        raise Invalid(_("地址里有空格或不可见的字符。"), hint=hint)
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Invalid(_("地址的格式不正确。"), hint=hint) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid(_("只支持 http 或 https 地址。"), hint=hint)
    if parts.username is not None or parts.password is not None:
        raise Invalid(_("地址里不能带用户名和密码。"), hint=hint)
    try:
        parts.hostname.encode("idna")
    except UnicodeError:
        raise Invalid(_("地址里的域名不正确。"), hint=hint) from None
    is_literal = parts.hostname.replace(".", "").isdigit() or ":" in parts.hostname
    inward = is_literal and not is_public(parts.hostname)
    if (inward or parts.hostname == "localhost") and not is_allowed_host(parts.hostname, port):
        raise Invalid(_("不能发往内网或本机地址。"), hint=hint)
    return url


class Client:
    """A thread-safe pool of kept-alive connections.

    ``is_guarded``: destinations were set by staff and must pass the guard. Times are in seconds; ``total``
    bounds the whole exchange, however slowly the other side drips.
    """

    def __init__(self, *, is_guarded: bool, connect: float, read: float, total: float) -> None:
        self.is_guarded = is_guarded
        self.total = total
        self._timeouts = {"connect": connect, "read": read, "write": read, "pool": connect}
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=100,
            max_keepalive_connections=32,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=_Backend(is_guarded=is_guarded),
        )

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Make one request. Raises ``NotSent`` (``Blocked`` if the guard said no) or ``NoAnswer``."""
        if self.is_guarded:
            try:
                check_url(url)
            except Invalid as error:
                raise Blocked(str(error)) from None
        _exchange.deadline = time.monotonic() + self.total
        _exchange.has_written = False
        try:
            return self._exchange(method, url, {"User-Agent": "CommunityOps/1", **headers}, body)
        except NotSent:
            raise
        except Exception as error:
            # Before the head is written nothing can have arrived, whatever went wrong.
            kind = NoAnswer if _exchange.has_written else NotSent
            raise kind(type(error).__name__) from error
        finally:
            _exchange.deadline = None

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        extensions = {"timeout": self._timeouts}
        chunks: list[bytes] = []
        size = 0
        with self._pool.stream(
            method, url, headers=list(headers.items()), content=body, extensions=extensions
        ) as response:
            for chunk in response.iter_stream():
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_ANSWER_BYTES:
                    break
            found = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            return Answer(response.status, found, b"".join(chunks)[:MAX_ANSWER_BYTES])

    def close(self) -> None:
        self._pool.close()


_clients: dict[tuple[int, bool], Client] = {}
_clients_lock = threading.Lock()


def shared_client(*, is_guarded: bool) -> Client:
    """This process's client; each child of a fork gets its own."""
    key = (os.getpid(), is_guarded)
    with _clients_lock:
        if key not in _clients:
            _clients[key] = Client(
                is_guarded=is_guarded,
                connect=settings.DELIVERY_CONNECT_SECONDS,
                read=settings.DELIVERY_READ_SECONDS,
                total=settings.DELIVERY_TOTAL_SECONDS,
            )
        return _clients[key]


class _Exchange(threading.local):
    """The exchange of this thread: an exchange begins and ends in one thread."""

    deadline: float | None = None
    has_written: bool = False


_exchange = _Exchange()


def _left(timeout: float | None) -> float:
    """Seconds that the next step may take. Raises ``httpcore.ReadTimeout`` when the exchange is out of time."""
    limit = 60.0 if timeout is None else timeout
    if _exchange.deadline is None:
        return limit
    left = _exchange.deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the whole exchange took too long")
    return min(limit, left)


class _Stream(httpcore.NetworkStream):
    """A connection that keeps the deadline and remembers whether anything was written."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))
        _exchange.has_written = True

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Resolves, checks and connects in one step. TLS still verifies the host's name, not the address."""

    def __init__(self, *, is_guarded: bool) -> None:
        self._is_guarded = is_guarded
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = resolve(host, port)
        if self._is_guarded and not is_allowed_host(host, port):
            for address in addresses:
                if not is_public(address):
                    raise Blocked(_("“%(host)s”指向内网或本机地址，已拒绝。") % {"host": host})
        failure: Exception | None = None
        for address in addresses[:3]:
            try:
                return _Stream(
                    self._sockets.connect_tcp(address, port, _left(timeout), local_address, socket_options)
                )
            except httpcore.ConnectError as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")


def resolve(host: str, port: int) -> list[str]:
    """The addresses of ``host`` in the system's order. Raises ``httpcore.ConnectError``."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} cannot be resolved") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def _tls() -> ssl.SSLContext:
    return httpcore.default_ssl_context()
