"""``manage.py check_invariants [--json]``: a read-only audit of the numbered promises."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.core.invariants import count_violations


class Command(BaseCommand):
    help = "核对编号承诺(D1、M1…):数出违反的行,只读。有违反时退出码为 1。 Audit the numbered promises; read-only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="一个 JSON 对象 One JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [
            {"promise": item.promise, "name": item.name, "violations": count}
            for item, count in count_violations()
        ]
        broken = sum(1 for row in rows if row["violations"])
        if options["json"]:
            report = {"ok": not broken, "checked": len(rows), "broken": broken, "invariants": rows}
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            self._table(rows, broken)
        if broken:
            raise SystemExit(1)

    def _table(self, rows: list[dict[str, Any]], broken: int) -> None:
        for row in rows:
            line = f"{row['promise']:<4} {row['violations']:>8}  {row['name']}"
            self.stdout.write(self.style.ERROR(line) if row["violations"] else line)
        summary = f"核对 {len(rows)} 条,违反 {broken} 条。 {len(rows)} checked, {broken} broken."
        self.stdout.write(self.style.ERROR(summary) if broken else self.style.SUCCESS(summary))
