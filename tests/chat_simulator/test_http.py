"""Nonsense on the wire is refused, never served by guess, and never stops the witness."""

from __future__ import annotations

import random
import re
import socket

import pytest

from chat_simulator import connection
from chat_simulator.http import BadRequestError, parse_head

HEAD = b"GET /_control/health HTTP/1.1\r\nHost: x\r\n"


def exchange(local, data):
    with socket.create_connection(("127.0.0.1", local.port), timeout=5) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while chunk := sock.recv(65536):
                received += chunk
        except ConnectionResetError:
            pass
        return received


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (HEAD + b"\r\n", 200),
        (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (HEAD + b"Bad Name: x\r\n\r\n", 400),
        (HEAD + b"Name : x\r\n\r\n", 400),
        (HEAD + b" folded\r\n\r\n", 400),
        (HEAD + b"A: b\nC: d\r\n\r\n", 400),
        (HEAD + b"A: \x00\r\n\r\n", 400),
        (HEAD + b"Host: y\r\n\r\n", 400),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
        (HEAD + b"Content-Length: +1\r\n\r\nx", 400),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", 411),
        (HEAD + b"Expect: cake\r\n\r\n", 417),
        (HEAD + b"A: " + b"x" * 20_000, 431),
        (b"\x16\x03\x01\x02\x00\x01" * 10 + b"\r\n\r\n", 400),
    ],
)
def test_only_plain_http_is_served(local, data, status):
    assert exchange(local, data).startswith(b"HTTP/1.1 %d " % status)


def test_pipelined_requests_are_answered_in_order(local):
    data = (
        HEAD
        + b"\r\n"
        + b"GET /_control/nothing HTTP/1.1\r\nHost: x\r\n\r\n"
        + HEAD
        + b"Connection: close\r\n\r\n"
    )
    answer = exchange(local, data)
    assert re.findall(rb"HTTP/1\.1 ([0-9]{3})", answer) == [b"200", b"404", b"200"]


def test_a_request_in_single_bytes_is_put_together(local):
    body = b'{"advance": 5}'
    head = (
        b"POST /_control/clock HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    )
    data = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", local.port), timeout=5) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            sock.sendall(bytes([byte]))
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_expect_100_continue_is_honoured(local):
    head = b"POST /webhook/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", local.port), timeout=5) as sock:
        sock.sendall(head)
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"{}")
        assert sock.recv(65536).startswith(b"HTTP/1.1 404 ")


def test_a_slow_head_and_a_slow_body_are_dropped(local, monkeypatch):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.0)
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.0)
    for data in (b"GET / HT", b"POST /webhook/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"):
        with socket.create_connection(("127.0.0.1", local.port), timeout=5) as sock:
            sock.sendall(data)
            assert sock.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_bodies_in_waiting_share_one_budget(local, monkeypatch):
    monkeypatch.setattr(connection, "MAX_WAITING_BODIES", 1000)
    head = b"POST /webhook/x HTTP/1.1\r\nHost: x\r\nContent-Length: 800\r\n\r\n"
    with socket.create_connection(("127.0.0.1", local.port), timeout=5) as first:
        first.sendall(head)
        assert local.http.get("/_control/health").status_code == 200
        assert exchange(local, head).startswith(b"HTTP/1.1 503 ")
    assert local.http.post("/webhook/x", content=b"x" * 900).status_code == 404


def test_random_bytes_never_stop_it(local):
    rng = random.Random(7)
    seeds = [
        HEAD + b"\r\n",
        b"POST /cgi-bin/webhook/send?key=%ff&key=%00 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n{}{}",
    ]
    for _ in range(150):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        exchange(local, bytes(data))
    assert local.http.get("/_control/health").json()["ok"] is True


def test_header_values_may_not_smuggle_controls():
    with pytest.raises(BadRequestError):
        parse_head(b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x0bc")
