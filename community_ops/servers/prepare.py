"""``python -m community_ops.servers.prepare``: migrations, demo data, static files, in one process.

Run by the supervisor before the web server; one start of Django instead of four. Writes what it learnt
as JSON to the path given. The only module here that touches Django, and never imported by settings.
"""

import hashlib
import io
import json
import os
import sys
import time
from pathlib import Path

from .environment import is_production
from .paths import ROOT


def main(report: Path) -> None:
    """Prepare, or fail with Django's own message."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community_ops.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command, get_commands

    django.setup()
    _step("数据库结构 Migrations")
    call_command("migrate", interactive=False, verbosity=0)
    logins = ""
    if is_production():
        _step("生产环境,不载入演示数据 Production: no demo data")
    elif "demo" in get_commands():
        _step("演示数据 Demo data")
        call_command("demo", "--if-empty")
        shown = io.StringIO()
        call_command("demo", "--show-logins", stdout=shown)
        logins = shown.getvalue()
    else:
        _step("没有 demo 命令,跳过演示数据 No `demo` command yet: no demo data")
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    wanted = _static_stamp()
    if not stamp.exists() or stamp.read_text() != wanted:
        _step("静态文件 Static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(wanted)
    report.write_text(json.dumps({"logins": logins}, ensure_ascii=False), encoding="utf-8")


def _static_stamp() -> str:
    """Changes when a static file of ours or a pinned package does."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    folders = [ROOT / "static", ROOT / "community_ops" / "static", *sorted(ROOT.glob("apps/*/static"))]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                status = path.stat()
                digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _step(text: str) -> None:
    sys.stdout.write(f"  · {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    started = time.monotonic()
    main(Path(sys.argv[1]))
    _step(f"{time.monotonic() - started:.1f} s")
