"""A landing page from memory against a bare Django view of the same server that answers as many constant bytes.

Two gunicorn workers as ``make run`` starts them. Three kinds of visitor: one who comes again (with our cookie), one
who comes for the first time (gets the cookie), one whose browser takes gzip, as they all do. Rounds of page and bare
view alternate, and the ratio is the median of those of a pair: what else the machine does slows both of it.
"""

import gzip
import os
import statistics
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

from benchmarks.campaign_http import CONNECTIONS, _load, _server

ROUNDS = int(os.environ.get("LANDING_ROUNDS", "5"))
REQUESTS = int(os.environ.get("LANDING_REQUESTS", "3000"))
_KNOWN = "Cookie: visitor=benchmark-visitor-0123456789\r\n"
_GZIP = "Accept-Encoding: gzip\r\n"


def run() -> Iterator[dict[str, Any]]:
    address = f"/m/r/{_run_id()}/"
    with _server() as port:
        with urlopen(f"http://127.0.0.1:{port}{address}") as answer:
            page = answer.read()
        visitors = {
            "comes again": (_get(address, _KNOWN), len(page)),
            "first time": (_get(address), len(page)),
            "comes again, gzip": (_get(address, _KNOWN + _GZIP), len(gzip.compress(page, 3))),
        }
        for _request, size in visitors.values():
            _load(port, [_get(f"/constant/{size}")] * 200, "200")
        _load(port, [_get(address)] * 200, "200")
        for name, (request, size) in visitors.items():
            pages, bare = [], []
            for _ in range(ROUNDS):
                bare.append(_load(port, [_get(f"/constant/{size}", _KNOWN)] * REQUESTS, "200"))
                pages.append(_load(port, [request] * REQUESTS, "200"))
            yield {
                "case": f"landing page, {name}",
                "bytes": size,
                "workers": 2,
                "connections": CONNECTIONS,
                "rounds": ROUNDS,
                "per_second": round(statistics.median(pages)),
                "bare_per_second": round(statistics.median(bare)),
                "ratio_to_bare_view": round(
                    statistics.median(a / b for a, b in zip(pages, bare, strict=True)), 3
                ),
                "all_rates": [round(rate) for rate in pages],
            }


def _run_id() -> int:
    """An open run with people in it."""
    from tests.campaigns.factories import make_members, make_run
    from tests.campaigns.play import start

    run = make_run("group_buy", stock=500)
    for member in make_members(20):
        start(run, member)
    return int(run.pk)


def _get(path: str, headers: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()
