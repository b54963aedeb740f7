"""What a provider of red packets is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Protocol

from django.utils.functional import Promise

from apps.orders.providers.base import Answer, Credentials, Request

type Text = str | Promise


@dataclass(frozen=True)
class PacketFacts:
    """One red packet. ``number`` is ours, letters and digits; ``amount`` in yuan; ``payee`` the member's name at
    the provider; ``title`` the campaign, ``reason`` what it is for."""

    number: str
    amount: Decimal
    payee: str = field(repr=False)
    title: str
    reason: str


class PacketOutcome(StrEnum):
    DONE = "done"
    PROCESSING = "processing"  # accepted; ask again later
    REFUSED = "refused"  # not taken, if the provider does not know the number either
    FAILED = "failed"  # for good: nothing was and will be paid under this number; a new try needs a new one
    BUSY = "busy"  # not taken now; the same request may be made again
    NOT_FOUND = "not_found"  # a query: the provider has never seen this number
    AMBIGUOUS = "ambiguous"  # nobody can know: ask


@dataclass(frozen=True)
class PacketVerdict:
    """``data``: what the member's client needs to take the money, without personal data."""

    outcome: PacketOutcome
    code: str = ""
    detail: str = ""
    provider_no: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


class PacketProvider(Protocol):
    """One way of paying out. Found by ``key`` in the registry; stateless; the caller makes the requests."""

    key: ClassVar[str]
    label: ClassVar[Text]
    help_text: ClassVar[Text]
    #: What settings must hold under this provider's key before it works: name → environment variable.
    variables: ClassVar[Mapping[str, str]]
    #: True if a person pays outside of this system and confirms it here.
    is_by_person: ClassVar[bool]
    #: True if one number is paid once however often it is asked for, and can be queried.
    is_idempotent: ClassVar[bool]
    #: The kind of identity (members.enums.IdentityKind) that the payee is known by; "" if none is needed.
    identity_kind: ClassVar[str]

    def request(self, packet: PacketFacts, *, credentials: Credentials, now: datetime) -> Request: ...

    def read(self, answer: Answer, *, credentials: Credentials, now: datetime) -> PacketVerdict: ...

    def query(self, packet: PacketFacts, *, credentials: Credentials, now: datetime) -> Request: ...

    def read_query(self, answer: Answer, *, credentials: Credentials, now: datetime) -> PacketVerdict: ...
