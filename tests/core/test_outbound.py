"""The outbound guard (S4): every class of address, rebinding, redirects, and what counts as sent."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from apps.core import outbound
from apps.core.errors import Invalid
from apps.core.outbound import Blocked, Client, NoAnswer, NotSent, check_url, is_allowed_host, is_public

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",  # carrier NAT, and Alibaba's metadata at 100.100.100.200
        "100.100.100.200",
        "169.254.169.254",  # metadata
        "169.254.0.23",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",  # IPv4-compatible
        "::ffff:127.0.0.1",  # IPv4-mapped
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",  # NAT64
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "2001:0:4136:e378::1",  # Teredo
        "2001:db8::1",
        "2002:7f00:1::",  # 6to4
        "fc00::1",
        "fd00:ec2::254",  # metadata
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "not an address",
    ],
)
def test_inward_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "223.5.5.5", "2606:4700:4700::1111", "2400:3200::1"]
)
def test_global_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "example.com/hook",
        "http://",
        "https://user:secret@example.com/",
        "https://example.com@127.0.0.1/",
        "http://127.0.0.1/",
        "http://127.0.0.1:8080/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data",
        "http://example.com:99999/",
        "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com/\r\nHost: x",
        "http://" + "a" * 70 + ".com/",
    ],
)
def test_addresses_that_staff_may_not_set(url):
    with pytest.raises(Invalid) as error:
        check_url(url)
    assert error.value.hint


@pytest.mark.parametrize(
    "url", ["https://example.com/hook?a=1", "http://8.8.8.8:8443/x", "https://例子.公司/"]
)
def test_addresses_that_staff_may_set(url):
    assert check_url(url) == url


def test_the_allow_list_knows_hosts_and_ports(settings):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1:9000", "Intranet.example"]
    assert is_allowed_host("127.0.0.1", 9000)
    assert not is_allowed_host("127.0.0.1", 9001)
    assert is_allowed_host("intranet.example", 80)
    assert check_url("http://127.0.0.1:9000/hook")
    with pytest.raises(Invalid):
        check_url("http://127.0.0.1:9001/hook")


@contextmanager
def _server(behave: Callable[[socket.socket], None]) -> Iterator[tuple[int, list[bytes]]]:
    """A raw server on loopback: ``behave`` gets each connection after its request's head was read."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _address = listener.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(5)
                try:
                    heard.append(peer.recv(65536))
                    behave(peer)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.fixture
def trusting() -> Iterator[Client]:
    client = Client(is_guarded=False, connect=1, read=0.5, total=1)
    yield client
    client.close()


@pytest.fixture
def guarded() -> Iterator[Client]:
    client = Client(is_guarded=True, connect=1, read=0.5, total=1)
    yield client
    client.close()


def _post(client: Client, url: str) -> outbound.Answer:
    return client.send("POST", url, headers={"X-Test": "1"}, body=b"{}")


def _names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the resolver give ``answers`` one after another, and remember who asked."""
    asked: list[str] = []
    pending = list(answers)

    def getaddrinfo(host, port, *args, **kwargs):
        if host.replace(".", "").isdigit():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        found = pending.pop(0) if len(pending) > 1 else pending[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_that_points_inward_is_blocked_before_any_byte(guarded, monkeypatch):
    with _server(lambda peer: peer.sendall(OK)) as (port, heard):
        _names(monkeypatch, ["127.0.0.1"])
        with pytest.raises(Blocked):
            _post(guarded, f"http://hook.example:{port}/")
        assert heard == []


def test_one_inward_address_among_several_blocks_all(guarded, monkeypatch):
    _names(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Blocked):
        _post(guarded, "http://hook.example/")


def test_rebinding_gets_no_second_answer(guarded, monkeypatch):
    """Public when checked, loopback when asked again: the checked address is the one that is used."""
    with _server(lambda peer: peer.sendall(OK)) as (port, heard):
        asked = _names(monkeypatch, ["203.0.114.9"], ["127.0.0.1"])
        used: list[str] = []

        def connect_tcp(_self, host, port, *args):
            used.append(host)
            raise outbound.httpcore.ConnectError("nobody there")

        monkeypatch.setattr(outbound.httpcore.SyncBackend, "connect_tcp", connect_tcp)
        with pytest.raises(NotSent):
            _post(guarded, f"http://hook.example:{port}/")
        assert asked == ["hook.example"], "the name is resolved once"
        assert used == ["203.0.114.9"]
        assert heard == []


def test_the_host_header_keeps_the_name(trusting, monkeypatch):
    with _server(lambda peer: peer.sendall(OK)) as (port, heard):
        _names(monkeypatch, ["127.0.0.1"])
        assert _post(trusting, f"http://hook.example:{port}/x").status == 200
        assert f"Host: hook.example:{port}".encode() in heard[0]


def test_a_redirect_is_an_answer_and_is_not_followed(trusting):
    inward = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with _server(lambda peer: peer.sendall(inward)) as (port, heard):
        answer = _post(trusting, f"http://127.0.0.1:{port}/")
        assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:1/")
        assert len(heard) == 1


def test_nobody_listening_is_not_sent(trusting):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent):
        _post(trusting, f"http://127.0.0.1:{port}/")


def test_an_unknown_name_is_not_sent(trusting, monkeypatch):
    def getaddrinfo(*args, **kwargs):
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(NotSent):
        _post(trusting, "http://nowhere.example/")


@pytest.mark.parametrize(
    "behave",
    [
        lambda peer: None,  # closes without a word
        lambda peer: time.sleep(0.8),  # hangs
        lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),  # half an answer
        lambda peer: peer.sendall(b"\x00\x01 nonsense\r\n\r\n"),
    ],
    ids=["close", "hang", "half", "nonsense"],
)
def test_trouble_after_the_request_is_no_answer(trusting, behave):
    with _server(behave) as (port, heard):
        with pytest.raises(NoAnswer):
            _post(trusting, f"http://127.0.0.1:{port}/")
        assert len(heard) == 1


def test_a_server_that_drips_cannot_hold_a_worker(trusting):
    def drip(peer: socket.socket) -> None:
        for letter in b"HTTP/1.1 200 OK\r\n" * 20:
            peer.sendall(bytes([letter]))
            time.sleep(0.1)

    began = time.monotonic()
    with _server(drip) as (port, _heard), pytest.raises(NoAnswer):
        _post(trusting, f"http://127.0.0.1:{port}/")
    assert time.monotonic() - began < 2


def test_a_huge_answer_is_cut(trusting):
    body = b"x" * 300_000
    with _server(lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body)) as (
        port,
        _,
    ):
        assert len(_post(trusting, f"http://127.0.0.1:{port}/").body) == outbound.MAX_ANSWER_BYTES


def test_proxies_of_the_environment_are_not_used(trusting, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with _server(lambda peer: peer.sendall(OK)) as (port, _heard):
        assert _post(trusting, f"http://127.0.0.1:{port}/").status == 200
