"""What the operator set: the environment first, then the ``.env`` file that settings read too."""

import os
import re
from pathlib import Path

from .paths import ROOT

_LINE = re.compile(r"""^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$""")


def dotenv(path: Path | None = None) -> dict[str, str]:
    """The plain ``NAME=value`` lines of ``.env``; empty if there is no such file."""
    try:
        lines = (path or ROOT / ".env").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found = (match for match in map(_LINE.match, lines) if match)
    return {match[1]: match[2].strip("'\"") for match in found}


def setting(name: str) -> str:
    """The value of ``name``, empty if it is set nowhere."""
    return os.environ.get(name) or dotenv().get(name, "")


def is_production() -> bool:
    """Whether ``PRODUCTION`` is on, read as settings read it."""
    return setting("PRODUCTION").lower() in {"1", "true", "on", "ok", "y", "yes"}
