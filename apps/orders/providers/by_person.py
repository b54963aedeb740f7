"""What providers share that pay back outside of this system: a person does it and confirms it here."""

from datetime import datetime

from apps.orders.providers.base import Answer, Credentials, RefundFacts, RefundVerdict, Request


class RefundByPerson:
    """The service never asks these for a request: it leaves the refund to the staff page."""

    is_refund_by_person = True
    is_refund_idempotent = False

    def refund_request(
        self, refund: RefundFacts, *, credentials: Credentials, notify_url: str, now: datetime
    ) -> Request:
        raise NotImplementedError("a person pays these back")

    def read_refund(self, answer: Answer, *, credentials: Credentials, now: datetime) -> RefundVerdict:
        raise NotImplementedError("a person pays these back")

    def refund_query(self, refund: RefundFacts, *, credentials: Credentials, now: datetime) -> Request:
        raise NotImplementedError("a person pays these back")

    def read_refund_query(self, answer: Answer, *, credentials: Credentials, now: datetime) -> RefundVerdict:
        raise NotImplementedError("a person pays these back")
