"""Errors that a person can act on."""

from django.utils.functional import Promise

type Text = str | Promise


class DomainError(Exception):
    """A refusal with a stable ``code`` (for machines), a ``message`` and a ``hint`` (what to do next).

    Services raise it; admin pages, API views and commands turn it into a sentence. Never a bug report.
    """

    code = "refused"

    def __init__(
        self, message: Text, *, hint: Text = "", code: str | None = None, field: str | None = None
    ) -> None:
        self.message = message
        self.hint = hint
        self.field = field
        if code is not None:
            self.code = code
        super().__init__(str(message))

    def __str__(self) -> str:
        return f"{self.message}{self.hint}" if self.hint else str(self.message)


class NotAllowed(DomainError):
    """The actor may not do this."""

    code = "not_allowed"


class Invalid(DomainError):
    """The input is wrong; ``field`` names which one when it is known."""

    code = "invalid"


class WrongState(DomainError):
    """The thing is not in a state that allows the move."""

    code = "wrong_state"
