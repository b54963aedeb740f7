"""What can go wrong before the product is up, said so that the reader knows what to do next."""


class ServerError(RuntimeError):
    """A server cannot be started, reached or stopped.

    The message is complete: Chinese sentence, English sentence, what to do. It is printed without a
    traceback.
    """

    def __init__(self, chinese: str, english: str, *, detail: str = "") -> None:
        self.detail = detail
        super().__init__("\n".join(part for part in (chinese, english, detail) if part))
