"""pgbench running the very statements of one call: the floor that Python can only approach.

``captured`` records the statements; ``script`` writes them for pgbench, with the ids of that one call replaced
by variables, so that each transaction does the same work on other rows.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db import connection

from community_ops.servers.paths import postgres_home

type Statement = tuple[str, Any]


@contextmanager
def captured() -> Iterator[list[Statement]]:
    """Collects (sql, params) of everything that runs inside."""
    found: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def script(statements: Sequence[Statement], variables: Mapping[str, str], *, head: str) -> str:
    """The statements in a transaction. ``variables`` maps digits that stand for a row of the recorded call to
    pgbench's name for it; ``head`` sets those names."""
    body = "\n".join(_filled(sql, params, variables) + ";" for sql, params in statements)
    return f"{head}\nBEGIN;\n{body}\nCOMMIT;\n"


def pgbench(text: str, *, clients: int, seconds: int, defines: Mapping[str, str]) -> float:
    """Transactions per second of the script, by the simple protocol, which is how Django talks."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        url = urlsplit(os.environ["DATABASE_URL"])
        host = parse_qs(url.query).get("host", [url.hostname or "localhost"])[0]
        command = [_binary(), "-n", "-M", "simple", "-c", str(clients), "-j", "2", "-T", str(seconds)]
        command += [f"-D{name}={value}" for name, value in defines.items()]
        command += ["-h", host, "-U", url.username or "postgres", "-f", file.name]
        done = subprocess.run(
            [*command, str(connection.settings_dict["NAME"])], capture_output=True, text=True, check=False
        )
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    if found is None or re.search(r"number of failed transactions: [1-9]", done.stdout):
        raise RuntimeError(f"pgbench: {done.stdout}\n{done.stderr[-2000:]}")
    return float(found.group(1))


def _binary() -> str:
    return str(postgres_home() / "bin" / "pgbench")


def _filled(sql: str, params: Any, variables: Mapping[str, str]) -> str:
    sql = " ".join(sql.split()).replace("%%", "%")
    if isinstance(params, Mapping):
        return re.sub(r"%\((\w+)\)s", lambda found: _literal(params[found[1]], variables), sql)
    values = iter(params or ())
    return re.sub(r"%s", lambda _found: _literal(next(values), variables), sql)


def _literal(value: Any, variables: Mapping[str, str]) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, Decimal)):
        return f":{variables[str(value)]}" if str(value) in variables else str(value)
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'::timestamptz"
    if isinstance(value, (list, tuple)):
        return f"ARRAY[{', '.join(_literal(one, variables) for one in value)}]"
    text = value if isinstance(value, str) else _json(value)
    quoted = "'" + text.replace("'", "''") + "'"
    for digits, name in variables.items():
        quoted = quoted.replace(digits, f"' || :{name} || '")
    if "||" in quoted:
        quoted = f"CAST({quoted} AS jsonb)" if text.startswith("{") else f"({quoted})"
    return quoted


def _json(value: Any) -> str:
    import json

    return json.dumps(value.obj)
