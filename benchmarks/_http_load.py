"""Sends prepared requests over keep-alive connections and counts the answers by status.

``python -m benchmarks._http_load PORT CONNECTIONS < requests``: each request is preceded by its length in four
bytes. A process of its own with plain sockets, so that it takes as little of the two cores as Python can.
"""

import json
import socket
import sys
import threading
import time
from collections import Counter


def main() -> None:
    port, connections = int(sys.argv[1]), int(sys.argv[2])
    data = sys.stdin.buffer.read()
    requests, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        requests.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    counts: list[Counter[str]] = [Counter() for _ in range(connections)]
    threads = [
        threading.Thread(target=_send, args=(port, requests[number::connections], counts[number]))
        for number in range(connections)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "statuses": sum(counts, Counter())}))


def _send(port: int, requests: list[bytes], statuses: Counter[str]) -> None:
    connection = _connect(port)
    for request in requests:
        connection.sendall(request)
        head, keeps = _answer(connection)
        statuses[head[9:12].decode()] += 1
        if not keeps:
            connection.close()
            connection = _connect(port)
    connection.close()


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer(connection: socket.socket) -> tuple[bytes, bool]:
    """Reads one whole answer; its head, and whether the connection stays open."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("the server hung up")
        data += piece
    head, _sep, body = data.partition(b"\r\n\r\n")
    lower = head.lower()
    length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head, b"connection: close" not in lower


if __name__ == "__main__":
    main()
