"""Strict HTTP/1.1 reading and writing: what cannot be read without doubt is refused.

Bodies need ``Content-Length``: chunked uploads are answered 411. Sizes are in bytes.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote

MAX_HEAD = 16 * 1024
MAX_BODY = 16 * 1024 * 1024

_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) (/[!-~]*) HTTP/1\.([01])")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,12}")
_ONCE_ONLY = frozenset({"content-length", "host", "transfer-encoding", "content-type"})
_REASONS = {
    200: "OK",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    417: "Expectation Failed",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class BadRequestError(Exception):
    """The request cannot be served; ``status`` is the HTTP status to answer before closing."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Request:
    """One request: method, decoded path, raw query, lower-case headers, raw body, peer address."""

    __slots__ = ("_params", "body", "headers", "keep_alive", "method", "path", "peer", "query")

    def __init__(self, method: str, path: str, query: str, headers: dict[str, str], keep_alive: bool) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.keep_alive = keep_alive
        self.body = b""
        self.peer = ""
        self._params: dict[str, str] | None = None

    @property
    def params(self) -> dict[str, str]:
        """The query as a dict; of repeated names the last one counts. Malformed → empty."""
        if self._params is None:
            try:
                self._params = dict(parse_qsl(self.query, keep_blank_values=True, max_num_fields=50))
            except ValueError:
                self._params = {}
        return self._params


def parse_head(head: bytes) -> tuple[Request, int, bool]:
    """Read a request head (without its final blank line).

    Returns the request, the length of the body in bytes, and whether the client waits for
    ``100 Continue``. Raises BadRequestError for everything that is not plain HTTP/1.x.
    """
    lines = head.split(b"\r\n")
    start = _REQUEST_LINE.fullmatch(lines[0])
    if start is None:
        raise BadRequestError(400, "malformed request line")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        field = _HEADER.fullmatch(line)
        if field is None:
            raise BadRequestError(400, "malformed header")
        name = field[1].decode("ascii").lower()
        value = field[2].decode("latin-1")
        if name in headers:
            if name in _ONCE_ONLY:
                raise BadRequestError(400, f"repeated {name}")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    modern = start[3] == b"1"
    if modern and "host" not in headers:
        raise BadRequestError(400, "missing host")
    if "transfer-encoding" in headers:
        raise BadRequestError(411, "send a content-length instead of transfer-encoding")
    length = 0
    if (declared := headers.get("content-length")) is not None:
        if _LENGTH.fullmatch(declared) is None:
            raise BadRequestError(400, "malformed content-length")
        length = int(declared)
        if length > MAX_BODY:
            raise BadRequestError(413, "body over 16 MB")
    expect = headers.get("expect", "").lower()
    if expect not in {"", "100-continue"}:
        raise BadRequestError(417, "unknown expectation")
    keep_alive = modern and "close" not in headers.get("connection", "").lower()
    path, _, query = start[2].decode("ascii").partition("?")
    if "%" in path:
        path = unquote(path, errors="replace")
    return Request(start[1].decode("ascii"), path, query, headers, keep_alive), length, bool(expect)


def response(
    status: int,
    body: bytes,
    content_type: str = "application/json; charset=utf-8",
    headers: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """A whole HTTP/1.1 response as bytes."""
    extra = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = (
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode("latin-1") + body


def json_response(value: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """A JSON response that browsers neither cache nor sniff."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    guard = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))
    return response(status, body, headers=guard + headers)
