"""Saying no to a member."""

from apps.core.errors import DomainError


class Refused(DomainError):
    """The mechanic does not allow this action now. ``code`` is stable for clients (``already_helped``, ``full`` …)."""

    code = "refused"
