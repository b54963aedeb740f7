"""Printing coupons and filling a pool of codes, beside a COPY of the same rows in the same run.

``same table``: COPY into a table with the same columns, constraints and indexes. ``bare table``: into one with the
columns alone. ``CODE_BENCH_ROWS`` sets the size of the pool (default 1,000,000).
"""

import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

_COUPONS = 100_000
_TIMES = 3
_COUPON_COLUMNS = (
    "code, benefit_id, batch, state, kind, value, cap, threshold, scope, valid_from, valid_until, issued_at,"
    " used_reference"
)


def run() -> Iterator[dict[str, Any]]:
    """Yield one dict per case: the best of three, with ``of_copy`` as time over that of each COPY."""
    yield from _coupons()
    yield from _codes(int(os.environ.get("CODE_BENCH_ROWS", "1000000")))


def _coupons() -> Iterator[dict[str, Any]]:
    from apps.campaigns.models import Benefit
    from apps.campaigns.services.coupons.printing import issue_coupons
    from apps.core.clock import database_now

    benefit = Benefit.objects.create(name="券", kind="coupon", coupon_kind="fixed", coupon_value=5)
    ours = []
    for number in range(_TIMES):
        _truncate("campaigns_coupon")
        started = time.perf_counter()
        printed = issue_coupons(
            benefit=benefit, quantity=_COUPONS, batch=f"b{number}", actor=None, now=database_now()
        )
        ours.append(time.perf_counter() - started)
        assert printed == _COUPONS
    lines = _dump("campaigns_coupon", _COUPON_COLUMNS)
    _truncate("campaigns_coupon")
    same = [_copy("campaigns_coupon", _COUPON_COLUMNS, lines, empties=True) for _time in range(_TIMES)]
    bare = _bare("campaigns_coupon", _COUPON_COLUMNS, lines)
    yield _line("100,000 coupons printed", _COUPONS, min(ours), min(same), bare)


def _codes(rows: int) -> Iterator[dict[str, Any]]:
    from apps.campaigns.models import Benefit
    from apps.campaigns.services.codes.adding import add_codes
    from apps.core.clock import database_now

    benefit = Benefit.objects.create(name="码", kind="code")
    values = [f"{number * 7919 % 10_000_019:08d}-{number:08x}\n" for number in range(rows)]
    started = time.perf_counter()
    added = add_codes(benefit=benefit, lines=values, actor=None, now=database_now())
    ours = time.perf_counter() - started
    assert added.added == rows
    started = time.perf_counter()
    again = add_codes(benefit=benefit, lines=values, actor=None, now=database_now())
    repeat = time.perf_counter() - started
    assert (again.added, again.repeated) == (0, rows)
    columns = "benefit_id, value"
    _truncate("campaigns_code")
    lines = [f"{benefit.pk}\t{value}".encode() for value in values]
    same = _copy("campaigns_code", columns, lines, empties=True)
    bare = _bare("campaigns_code", columns, lines)
    yield _line(f"{rows:,} codes added to a pool", rows, ours, same, bare)
    yield _line(f"the same {rows:,} codes again", rows, repeat, same, bare)


def _line(case: str, rows: int, seconds: float, same: float, bare: float) -> dict[str, Any]:
    return {
        "case": case,
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "copy_same_table_seconds": round(same, 2),
        "of_copy_same_table": round(seconds / same, 2),
        "copy_bare_table_seconds": round(bare, 2),
        "of_copy_bare_table": round(seconds / bare, 2),
    }


def _dump(table: str, columns: str) -> list[bytes]:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as copy:
        return [bytes(block) for block in copy]


def _copy(table: str, columns: str, lines: Iterable[bytes], *, empties: bool = False) -> float:
    """Seconds of a COPY with its commit; the lines go in blocks of 64 KiB, as fast clients send them."""
    body = b"".join(lines)
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for start in range(0, len(body), 1 << 16):
            copy.write(body[start : start + (1 << 16)])
    seconds = time.perf_counter() - started
    if empties:
        _truncate(table)
    return seconds


def _bare(table: str, columns: str, lines: Iterable[bytes]) -> float:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_bare AS SELECT {columns} FROM {table} WHERE false")
    body = list(lines)
    try:
        return min(_copy("bench_bare", columns, body, empties=True) for _time in range(_TIMES))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_bare")


def _truncate(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")
