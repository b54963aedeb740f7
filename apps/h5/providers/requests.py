"""What a provider asks the caller to send; answers are ``apps.core.outbound.Answer``."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class Refused(Exception):
    """The provider said no. ``code`` and ``words`` are its own, for our log; ``is_final``: asking again is in vain."""

    def __init__(self, code: str, words: str = "", *, is_final: bool = True) -> None:
        self.code = code
        self.words = words
        self.is_final = is_final
        super().__init__(f"{code} {words}".strip())


@dataclass(frozen=True)
class Request:
    """One HTTP request. Never printed: addresses and bodies carry secrets and phones."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
