"""The member list of the admin among many members: milliseconds a page, and the list's own work per way in.

``MEMBER_LIST_ROWS`` sets the size (default 200,000; ``full`` is 1,000,000). The reference is the same page
with 1,000 members: a list that opens at once costs about the same.
"""

import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

_WAYS = {
    "first page": "",
    "page 200": "?p=200",
    "whole phone": "?q=13000000007",
    "last four digits": "?q=8913",
    "two characters": "?q=春丁",
    "common city": "?city=杭州",
    "rare city": "?city=拉萨",
    "stage": "?lifecycle__exact=prospect",
}


def run() -> Iterator[dict[str, Any]]:
    """Yield one dict per size and way, with the median milliseconds of five requests."""
    from django.conf import settings
    from django.test import Client, override_settings

    from apps.accounts.models import User

    settings.ALLOWED_HOSTS.append("testserver")
    rows = (
        1_000_000
        if os.environ.get("MEMBER_LIST_ROWS") == "full"
        else int(os.environ.get("MEMBER_LIST_ROWS", "200000"))
    )
    client = Client()
    client.force_login(
        User.objects.create_superuser("bench", password="bench"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    # No manifest: nothing was collected for this run.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield from _cases(client, rows)


def _cases(client: Any, rows: int) -> Iterator[dict[str, Any]]:
    small: dict[str, float] = {}
    for size in (1_000, rows):
        _fill(size)
        for way, query in _WAYS.items():
            if size == 1_000 and way == "page 200":
                continue
            milliseconds = _median(client, query)
            small.setdefault(way, milliseconds)
            yield {
                "case": way,
                "rows": size,
                "milliseconds": round(milliseconds, 1),
                "of_small": round(milliseconds / small[way], 2),
            }


def _median(client: Any, query: str) -> float:
    times = []
    for _ in range(6):
        started = time.perf_counter()
        answer = client.get(f"/admin/members/member/{query}")
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, (query, answer.status_code)
    return statistics.median(times[1:])


def _fill(size: int) -> None:
    from django.db import connection

    from apps.members.models import Member

    have = Member.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO members_member (phone, nickname, city, source, note, gender, lifecycle)"
            " SELECT '+861' || (3000000000 + i * 7), substr('赵钱孙李周吴郑王冯陈褚卫', i %% 12 + 1, 1)"
            "   || substr('春夏秋冬梅兰竹菊云雨', i / 12 %% 10 + 1, 1) || chr(19968 + i %% 2000),"
            "   CASE WHEN i %% 30000 = 0 THEN '拉萨' ELSE '杭州' END, '门店', '', 'unknown', 'prospect'"
            " FROM generate_series(%s, %s) AS i",
            [have + 1, size],
        )
        cursor.execute("VACUUM ANALYZE members_member")
