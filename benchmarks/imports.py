"""Importing members: rows a second of the whole pipeline, beside raw COPY of the same file in the same run.

The rows are full: profile, points, tags, inviter, WeChat account, group. ``IMPORT_BENCH_ROWS`` sets the size
(default 200,000; ``full`` is 1,000,000). django-import-export does a small slice of the same file.
"""

import csv
import io
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SLICE = 2_000
_TAGS = ("美妆", "宝妈", "KOC", "健身", "咖啡", "潮玩", "车友", "水果", "萌宠", "考研")
_HEADERS = (
    "昵称", "手机号", "性别", "生日", "城市", "来源渠道", "标签", "会员等级",
    "积分", "累计消费", "入群时间", "所在社群", "邀请人手机", "微信号", "备注",
)  # fmt: skip


def run() -> Iterator[dict[str, Any]]:
    """Yield one dict per case, with ``rows_per_second`` and its ratio to COPY."""
    rows = (
        1_000_000
        if os.environ.get("IMPORT_BENCH_ROWS") == "full"
        else int(os.environ.get("IMPORT_BENCH_ROWS", "200000"))
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "members.csv"
        _write(path, rows)
        copy = _copy(path, rows)
        yield {
            "case": "raw COPY of the file",
            "rows": rows,
            "rows_per_second": round(copy),
            "reference": True,
        }
        for case in ("first import", "the same file again", "dry run"):
            seconds, counts = _import(path, dry_run=case == "dry run")
            assert counts["read"] == rows, counts
            yield {
                "case": case,
                "rows": rows,
                "seconds": round(seconds, 2),
                "rows_per_second": round(rows / seconds),
                "of_copy": round(rows / seconds / copy, 3),
                "counts": counts,
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
            }
        stock = _stock(path)
        yield {
            "case": f"django-import-export, {_SLICE} rows of profile only",
            "rows_per_second": round(stock),
            "of_copy": round(stock / copy, 4),
        }


def _write(path: Path, rows: int) -> None:
    """A file like those of operators: 1 % repeats, 1 % wrong phones, four spellings of a phone."""
    from apps.groups.models import Group

    dice = random.Random(7)
    if not Group.objects.exists():
        Group.objects.bulk_create(Group(name=f"群{i}", kind="interest", capacity=rows) for i in range(200))
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADERS)
        for i in range(rows):
            number = (
                13_000_000_000 + (i * 7919) % 9_000_000 * 100 + i % 100
                if dice.random() > 0.01
                else 13_000_000_000
            )
            phone = str(number)
            spelling = dice.random()
            if spelling < 0.01:
                phone = "12345"
            elif spelling < 0.1:
                phone = f"+86 {phone}"
            elif spelling < 0.2:
                phone = f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
            writer.writerow(
                [
                    f"用户{i % 50_000}", phone, dice.choice(["男", "女", "M", "F", ""]),
                    f"19{dice.randint(60, 99)}/{dice.randint(1, 12)}/{dice.randint(1, 28)}",
                    dice.choice(["杭州", "上海", "成都", ""]), dice.choice(["门店扫码", "抖音", "老带新"]),
                    "、".join(dice.sample(_TAGS, dice.randint(0, 3))), dice.choice(["普通", "银卡", "金卡", ""]),
                    f"{dice.randint(0, 9999):,}", f"¥{dice.randint(0, 999_999) / 100:,.2f}",
                    f"2026-0{dice.randint(1, 9)}-1{dice.randint(0, 9)} 12:00:00",
                    f"群{dice.randint(0, 199)}" if dice.random() < 0.85 else "",
                    str(13_000_000_000 + (dice.randrange(rows) * 7919) % 9_000_000 * 100) if dice.random() < 0.3 else "",
                    f"wxid_{i:08d}" if dice.random() < 0.5 else "", dice.choice(["", "=1+1", "爱喝美式", "两\n行"]),
                ]
            )  # fmt: skip


def _copy(path: Path, rows: int) -> float:
    """Rows a second of COPY FROM STDIN into an unlogged table of text columns: the ceiling."""
    from django.db import connection

    columns = ", ".join(f"c{i} text" for i in range(len(_HEADERS)))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE bench_copy ({columns})")
        started = time.perf_counter()
        with (
            cursor.copy("COPY bench_copy FROM STDIN (FORMAT csv, HEADER, ENCODING 'GB18030')") as copy,
            path.open("rb") as file,
        ):
            while chunk := file.read(1 << 18):
                copy.write(chunk)
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE bench_copy")
    return rows / seconds


def _import(path: Path, *, dry_run: bool) -> tuple[float, dict[str, int]]:
    from apps.imports.services.jobs import confirm, create_job, start_check
    from apps.imports.services.targets import get_target
    from apps.imports.services.working import work_next

    started = time.perf_counter()
    with path.open("rb") as file:
        job = create_job(target=get_target("members"), file=file, name=path.name, actor=None)
    if dry_run:
        start_check(job=job, actor=None)
    else:
        confirm(job=job, actor=None)
    done = work_next(job_id=job.pk)
    assert done is not None, "nobody else works on it"
    assert done.state in {"done", "checked"}, done.failure
    seconds = time.perf_counter() - started
    if dry_run:
        return seconds, done.preview["counts"]
    names = ("read", "created", "updated", "unchanged", "rejected")
    return seconds, {name: getattr(done, f"{name}_count") for name in names}


def _stock(path: Path) -> float:
    """The stock way: a ModelResource over the profile columns alone, phones already canonical."""
    import tablib
    from import_export import resources

    from apps.members.models import Member

    class Stock(resources.ModelResource):
        class Meta:
            model = Member
            import_id_fields = ("phone",)
            fields = ("phone", "nickname", "city", "source")
            skip_unchanged = True

    with path.open(encoding="gb18030", newline="") as file:
        lines = list(csv.DictReader(io.StringIO(file.read(2_000_000), newline="")))[:_SLICE]
    dataset = tablib.Dataset(headers=["phone", "nickname", "city", "source"])
    for index, line in enumerate(lines):
        dataset.append([f"+8615{index:09d}", line["昵称"], line["城市"], line["来源渠道"]])
    started = time.perf_counter()
    Stock().import_data(dataset, raise_errors=True)
    return _SLICE / (time.perf_counter() - started)
