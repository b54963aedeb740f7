"""A contribution over HTTP against a bare view of the same server that makes one primary-key query.

Two gunicorn workers as ``make run`` starts them. Every help comes from another member with a token of their own,
on entries that are spread; rounds of both alternate, and the ratio is the median of the
rounds' own: what else runs on the machine slows a round's two sides alike.
"""

import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.utils import timezone

from benchmarks._processes import ROOT, environment

ROUNDS = int(os.environ.get("CAMPAIGN_HTTP_ROUNDS", "5"))
HELPS = int(os.environ.get("CAMPAIGN_HTTP_HELPS", "1000"))
BARE = 2 * HELPS
ENTRIES = 200
CONNECTIONS = 8
WARM_UP = 200


def run() -> Iterator[dict[str, Any]]:
    from apps.campaigns.models import Contribution

    entries = _entries()
    tokens = _tokens(ROUNDS * HELPS + WARM_UP)
    helps = [_help(entries[number % ENTRIES][1], token, number) for number, token in enumerate(tokens)]
    bare = [_get(f"/bare/{entries[number % ENTRIES][0]}") for number in range(BARE)]
    looks = [_get(f"/api/v1/entries/{entries[number % ENTRIES][1]}/") for number in range(HELPS)]
    with _server() as port:
        _load(port, helps[:WARM_UP], "200")
        _load(port, bare[:WARM_UP], "200")
        rates: dict[str, list[float]] = {"help": [], "bare": [], "look": []}
        for number in range(ROUNDS):
            first = WARM_UP + number * HELPS
            rates["bare"].append(_load(port, bare, "200"))
            rates["help"].append(_load(port, helps[first : first + HELPS], "200"))
            rates["look"].append(_load(port, looks, "200"))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    common = {"workers": 2, "connections": CONNECTIONS, "rounds": ROUNDS}
    for case in ("help", "look"):
        ratios = [ours / bare for ours, bare in zip(rates[case], rates["bare"], strict=True)]
        yield {
            "case": f"{case} over HTTP",
            **common,
            "per_second": round(medians[case]),
            "bare_per_second": round(medians["bare"]),
            "ratio_to_bare_view": round(statistics.median(ratios), 3),
            "ratios": [round(ratio, 2) for ratio in ratios],
            "all_rates": [round(rate) for rate in rates[case]],
        }
    yield {
        "case": "every help is there once",
        "sent": len(helps),
        "stored": Contribution.objects.count(),
        "bare_rates": [round(rate) for rate in rates["bare"]],
    }


def _entries() -> list[tuple[int, str]]:
    """Ids and codes of open entries of one run, each with an owner of its own."""
    from apps.campaigns.services.engine import open_entry
    from tests.campaigns.factories import make_members, make_run

    run = make_run("assist", {"stages": [10_000], "is_new_only": False, "helps_per_member": 1_000})
    now = timezone.now()
    opened = [
        open_entry(run_id=run.pk, member_id=member.pk, params={}, key="open", now=now)
        for member in make_members(ENTRIES)
    ]
    return [(outcome.entry_id, outcome.code) for outcome in opened]


def _tokens(quantity: int) -> list[str]:
    """Tokens of that many new members, used lately, as most are."""
    from apps.members.models import MemberSession
    from apps.members.services.sessions import hash_of
    from tests.campaigns.factories import make_members

    tokens = [secrets.token_urlsafe(32) for _ in range(quantity)]
    now = timezone.now()
    MemberSession.objects.bulk_create(
        MemberSession(
            member=member,
            token_hash=hash_of(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=1),
        )
        for member, token in zip(make_members(quantity), tokens, strict=True)
    )
    return tokens


def _help(code: str, token: str, number: int) -> bytes:
    return (
        f"POST /api/v1/entries/{code}/actions/help HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {token}\r\nIdempotency-Key: help-{number}\r\nX-Device-Id: phone-{number}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    ).encode()


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@contextmanager
def _server() -> Iterator[int]:
    """The product under gunicorn, as ``make run`` starts it; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "community_ops.wsgi:application"]
    command += ["--bind", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "warning"]
    command += ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "30"]
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks._http_settings", "LOG_LEVEL": "ERROR"}
    with subprocess.Popen(command, cwd=ROOT, env=environment(**settings)) as server:
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("gunicorn does not answer")


def _load(port: int, requests: list[bytes], expected: str) -> float:
    """Requests a second. Raises when one was answered otherwise than expected."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._http_load", str(port), str(CONNECTIONS)],
        cwd=ROOT,
        input=b"".join(len(one).to_bytes(4, "big") + one for one in requests),
        capture_output=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    if set(answer["statuses"]) != {expected}:
        raise RuntimeError(f"unexpected answers: {answer['statuses']}")
    return len(requests) / float(answer["seconds"])
