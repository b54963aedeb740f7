"""What a sender of codes is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from django.utils.functional import Promise

from apps.core.outbound import Answer
from apps.h5.providers.requests import Request

type Text = str | Promise


@dataclass(frozen=True)
class Credentials:
    """What settings hold for one provider, names as in ``SmsProvider.variables``. Never printed."""

    values: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def missing(self, variables: Mapping[str, str]) -> list[str]:
        """The environment variables whose values are empty."""
        return [variable for name, variable in variables.items() if not self.values.get(name)]


@dataclass(frozen=True)
class CodeMessage:
    """A code for a phone (E.164), good for ``minutes``. Never printed."""

    phone: str = field(repr=False)
    code: str = field(repr=False)
    minutes: int


class SmsProvider(Protocol):
    """One way of sending. Found by ``key`` in the registry; pure: the caller makes the requests."""

    key: ClassVar[str]
    label: ClassVar[Text]
    #: What settings must hold under this provider's key: name → environment variable.
    variables: ClassVar[Mapping[str, str]]
    #: True if whoever runs the server reads the code instead of the phone's owner: refused in production.
    is_for_development: ClassVar[bool]

    def request(self, message: CodeMessage, *, credentials: Credentials, now: datetime) -> Request | None:
        """What to send; ``None`` if nothing leaves this machine."""
        ...

    def read(self, answer: Answer) -> None:
        """Raises ``Refused`` unless the provider has taken the message (the body's verdict, not the status: D4)."""
        ...
