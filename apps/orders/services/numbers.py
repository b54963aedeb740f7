"""Numbers that people read out and providers accept: letters and digits only."""

import secrets
from datetime import datetime

from django.utils import timezone

#: Crockford's Base32: no I, L, O or U to mistake.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number(prefix: str, *, now: datetime) -> str:
    """``O260302`` and ten random letters: the prefix, the day on the house clock, 50 random bits."""
    day = timezone.localtime(now).strftime("%y%m%d")
    return prefix + day + "".join(secrets.choice(_LETTERS) for _ in range(10))
