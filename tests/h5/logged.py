"""What a test reads of the development log: the code that would have gone to a phone."""

import re
from typing import Any

_CODE = re.compile(r"login code ([0-9]{6}) for ")


def last_code(caplog: Any) -> str:
    """The newest code in the log."""
    found = [match[1] for record in caplog.records if (match := _CODE.search(record.getMessage()))]
    assert found, "no code was sent"
    return found[-1]


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10**6:06d}"
