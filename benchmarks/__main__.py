"""``python -m benchmarks [NAME …]``: run the modules beside this one, each in a fresh database of its own.

Every module has ``run() -> Iterable[dict]``; each dict is printed as one JSON line as soon as it is known. A
dict holds at least ``bench`` and ``case``; ratios name their reference.
"""

import json
import os
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def names() -> list[str]:
    """The modules that can be run, in order of name; ``_``-modules are shared pieces."""
    found = [info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return [name for name in found if not name.startswith("_")]


def run_one(name: str) -> None:
    """Run one module in this process, in a database that was made for it and is dropped after it."""
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    connection.settings_dict["TEST"]["NAME"] = f"bench_{name}"
    config = setup_databases(verbosity=0, interactive=False)
    try:
        for line in import_module(f"benchmarks.{name}").run():
            print(json.dumps({"bench": name, **line}, ensure_ascii=False, default=str), flush=True)
    finally:
        teardown_databases(config, verbosity=0)


def main(arguments: list[str]) -> int:
    """Exit status. Without ``--inside`` each module gets a process of its own with the servers up."""
    if arguments[:1] == ["--inside"]:
        run_one(arguments[1])
        return 0
    wanted = arguments or names()
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        print(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(names())}.", file=sys.stderr)
        return 2
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "community_ops.settings", "LOG_LEVEL": "WARNING"}
    environment.setdefault("COMMUNITY_OPS_VAR", str(ROOT / "var" / "bench"))
    failed = 0
    for name in wanted:
        command = [sys.executable, "-m", "community_ops.servers", "with", sys.executable, "-m", "benchmarks"]
        failed |= subprocess.run([*command, "--inside", name], cwd=ROOT, env=environment).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
