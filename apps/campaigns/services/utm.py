"""UTM parameters: five known keys, short plain values. What comes from an address is never more than that."""

import unicodedata
from collections.abc import Mapping
from typing import Any

UTM_KEYS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_LONGEST = 60


def clean_utm(given: Mapping[str, Any]) -> dict[str, str]:
    """The known keys of ``given`` with values of at most 60 printable characters; empty ones are left out."""
    found = {key: _plain(given.get(key)) for key in UTM_KEYS}
    return {key: value for key, value in found.items() if value}


def _plain(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    # Controls, marks of direction, halves of pairs: nothing that lists or exports could choke on.
    text = "".join(c for c in value[:200] if unicodedata.category(c)[0] != "C")
    return " ".join(unicodedata.normalize("NFC", text).split())[:_LONGEST]
