"""What a provider is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from django.utils.functional import Promise

type Text = str | Promise


class BadNotice(Exception):
    """A notice that is forged, replayed, expired or unreadable; the text is for our log, not for the sender."""


@dataclass(frozen=True)
class Credentials:
    """What settings hold for one provider: names as in ``Provider.variables``. Never printed."""

    values: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def missing(self, variables: Mapping[str, str]) -> list[str]:
        """The variables whose values are empty."""
        return [variable for name, variable in variables.items() if not self.values.get(name)]


@dataclass(frozen=True)
class OrderFacts:
    """``amount`` in yuan; ``pay_before`` is when the order lapses."""

    number: str
    title: str
    amount: Decimal
    pay_before: datetime | None


@dataclass(frozen=True)
class RefundFacts:
    """Amounts in yuan; ``paid_amount`` is that of the payment which is given back from."""

    number: str
    order_number: str
    transaction_no: str
    amount: Decimal
    paid_amount: Decimal
    reason: str


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Answer:
    """``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Instructions:
    """What the member's client needs in order to pay. ``kind`` names the form of ``params``: ``none`` (a person
    sees to it, ``text`` says how) or the provider's own, e.g. ``wechat_jsapi``."""

    kind: str
    params: Mapping[str, str] = field(default_factory=dict)
    text: Text = ""


@dataclass(frozen=True)
class PaymentNotice:
    """``amount`` in yuan, ``data`` without personal data."""

    number: str
    transaction_no: str
    amount: Decimal
    paid_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


class RefundOutcome(StrEnum):
    DONE = "done"
    PROCESSING = "processing"  # accepted; the result comes by notice or query
    FAILED = "failed"  # refused for good: nothing was and will be paid back under this number
    BUSY = "busy"  # not taken now; the same request may be made again
    NOT_FOUND = "not_found"  # a query: the provider has never seen this number
    AMBIGUOUS = "ambiguous"  # nobody can know: ask


@dataclass(frozen=True)
class RefundVerdict:
    """``is_closed``: trying again needs a new number. ``done_at`` is the provider's time of the refund."""

    outcome: RefundOutcome
    code: str = ""
    detail: str = ""
    provider_no: str = ""
    done_at: datetime | None = None
    is_closed: bool = False


@dataclass(frozen=True)
class RefundNotice:
    number: str
    amount: Decimal
    verdict: RefundVerdict


@dataclass(frozen=True)
class Reply:
    """What we answer to a notice, in the provider's form."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"


class Provider(Protocol):
    """One way of paying. Found by ``key`` in the registry; stateless; the caller makes the requests."""

    key: ClassVar[str]
    label: ClassVar[Text]
    help_text: ClassVar[Text]
    #: What settings must hold under this provider's key before it works: name → environment variable.
    variables: ClassVar[Mapping[str, str]]
    #: True if a person pays back outside of this system and then confirms it here.
    is_refund_by_person: ClassVar[bool]
    #: True if the provider pays one refund number once however often it is asked.
    is_refund_idempotent: ClassVar[bool]

    def begin(
        self, order: OrderFacts, *, payer: str, credentials: Credentials, notify_url: str, now: datetime
    ) -> Request | Instructions:
        """How this order is paid: instructions at once, or the request whose answer ``read_begin`` turns into
        them. ``payer`` is the member's name at the provider, where it has one. Raises ``Invalid``."""
        ...

    def read_begin(self, answer: Answer, *, credentials: Credentials, now: datetime) -> Instructions:
        """Raises ``Invalid`` with the provider's own words."""
        ...

    def read_notice(
        self, headers: Mapping[str, str], body: bytes, *, credentials: Credentials, now: datetime
    ) -> PaymentNotice | RefundNotice | None:
        """What the provider tells us; ``None`` if it does not concern us. ``headers`` have lower-case names.
        Raises ``BadNotice``."""
        ...

    def reply(self, *, problem: str = "") -> Reply:
        """Our answer to a notice that was taken, or was not for ``problem`` (a code word)."""
        ...

    def refund_request(
        self, refund: RefundFacts, *, credentials: Credentials, notify_url: str, now: datetime
    ) -> Request: ...

    def read_refund(self, answer: Answer, *, credentials: Credentials, now: datetime) -> RefundVerdict: ...

    def refund_query(self, refund: RefundFacts, *, credentials: Credentials, now: datetime) -> Request: ...

    def read_refund_query(
        self, answer: Answer, *, credentials: Credentials, now: datetime
    ) -> RefundVerdict: ...
