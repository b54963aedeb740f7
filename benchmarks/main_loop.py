"""The main loop as operators live it: import members, schedule posts, count what arrives.

``MAIN_LOOP_POSTS`` posts (60), one every six seconds, each to 40 groups on 20 robots: 20 messages a minute and
robot, which is exactly what a WeCom robot may send. Two beats and three workers at once. The simulator is
the witness: it counts requests, keeps the platform's limit and knows when each message arrived.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.utils import timezone

from benchmarks._processes import ROOT, environment, processes, simulator

POSTS = int(os.environ.get("MAIN_LOOP_POSTS", "60"))
GAP = timedelta(seconds=6)
LEAD = timedelta(seconds=int(os.environ.get("MAIN_LOOP_LEAD", "20")))


def run() -> Iterator[dict[str, Any]]:
    if not os.environ.get("MAIN_LOOP_SKIP_IMPORT"):
        yield from _import_members()
    with simulator() as platform:
        groups = _groups(platform)
        log = Path(os.environ.get("COMMUNITY_OPS_VAR", ROOT / "var")) / "log" / "main_loop"
        with processes(workers=3, beats=2, log=log, WECOM_API_BASE=platform.url):
            time.sleep(5)
            starts_at = timezone.now() + LEAD
            due = _schedule(groups, starts_at)
            truth = _watch(
                platform, until=max(due.values()) + timedelta(seconds=25), total=POSTS * len(groups)
            )
        yield {"case": "posts", **_verdict(platform, due, len(groups)), **truth}


def _import_members() -> Iterator[dict[str, Any]]:
    for name in ("members_excel_gbk.csv", "members_utf8.csv"):
        command = [
            sys.executable,
            "manage.py",
            "import_members",
            str(ROOT / "tests" / "data" / name),
            "--json",
        ]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
        )
        yield {"case": f"import {name}", **json.loads(done.stdout.splitlines()[-1])}


def _groups(platform: Any) -> list[Any]:
    from apps.channels.models import Channel
    from apps.groups.models import Group

    robots = [
        Channel.objects.create(name=f"循环机器人{n}", driver="wecom_robot", secret=str(uuid.uuid4()))
        for n in range(20)
    ]
    platform.robots([{"platform": "wecom", "key": r.secret, "name": r.name, "groups": []} for r in robots])
    return [
        Group.objects.create(name=f"循环{n:02}群", kind="daily_sales", channel=robots[n % 20])
        for n in range(40)
    ]


def _schedule(groups: list[Any], starts_at: datetime) -> dict[str, datetime]:
    """Write, submit and approve every post; returns marker → due time."""
    from apps.accounts.models import User
    from apps.content_calendar.services import approve_post, problems_of, submit_post, write_post

    writer = User.objects.create_superuser("loop-writer", password=None)
    approver = User.objects.create_superuser("loop-approver", password=None)
    due = {}
    for number in range(POSTS):
        marker = f"#P{number:03}#"
        at = starts_at + number * GAP
        values = {
            "title": marker,
            "kind": "text",
            "body": f"{marker} {{{{ group.name }}}} 早安",
            "scheduled_at": at,
        }
        post = write_post(post=None, values=values, groups=groups, actor=writer, now=timezone.now())
        problems = problems_of(post, now=timezone.now())
        submit_post(post=post, actor=writer, now=timezone.now(), confirmed=problems.token)
        post.refresh_from_db()
        approve_post(post=post, actor=approver, now=timezone.now())
        due[marker] = at
    return due


def _watch(platform: Any, *, until: datetime, total: int) -> dict[str, Any]:
    """Compare what the dashboard reads with what the platform counted, every second."""
    from apps.channels.models import Delivery

    worst, looks = 0, 0
    while timezone.now() < until:
        before = platform.requests()["accepted"]
        shown = Delivery.objects.filter(state="sent").count()
        after = platform.requests()["accepted"]
        # The truth moves between the looks: only what lies outside of [before, after] is an error.
        worst, looks = max(worst, before - shown, shown - after), looks + 1
        if shown == total:
            break
        time.sleep(1)
    return {"dashboard_looks": looks, "dashboard_worst_difference": worst}


def _verdict(platform: Any, due: dict[str, datetime], group_count: int) -> dict[str, Any]:
    from django.core.management import call_command

    arrived = platform.accepted()
    texts = Counter(message["text"] for message in arrived)
    lags, by_robot = [], defaultdict(list)
    for message in arrived:
        marker = message["text"].split()[0]
        lags.append(message["received_at"] - due[marker].timestamp())
        by_robot[message["key"]].append((message["received_at"], marker))
    busiest = max(
        sum(1 for at, _ in messages if start <= at < start + 60)
        for messages in by_robot.values()
        for start, _ in messages
    )
    disorder = sum(a[1] > b[1] for messages in by_robot.values() for a, b in pairwise(messages))
    try:
        call_command("check_invariants", verbosity=0)
        invariants = "hold"
    except SystemExit as stop:
        invariants = "hold" if not stop.code else "broken"
    return {
        "expected": len(due) * group_count,
        "arrived": len(arrived),
        "refused_by_platform": platform.requests()["refused"],
        "arrived_twice": sum(count - 1 for count in texts.values()),
        "most_in_any_60_s_per_robot": busiest,
        "out_of_order": disorder,
        "early": sum(lag < 0 for lag in lags),
        "lag_median_s": round(statistics.median(lags), 2),
        "lag_p99_s": round(statistics.quantiles(lags, n=100)[98], 2),
        "lag_max_s": round(max(lags), 2),
        "invariants": invariants,
    }
