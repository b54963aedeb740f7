"""Console: for development. Nothing is sent; the code stands in the server's log."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.core.outbound import Answer
from apps.h5.providers.requests import Refused, Request
from apps.h5.providers.sms.base import CodeMessage, Credentials


class Console:
    """Whoever reads the log can be anybody: a system check and the service refuse it in production."""

    key = "console"
    label = _("开发日志")
    variables: Mapping[str, str] = {}
    is_for_development = True

    def request(self, message: CodeMessage, *, credentials: Credentials, now: datetime) -> Request | None:
        return None

    def read(self, answer: Answer) -> None:
        raise Refused("console", "nothing is sent, so nothing answers")


PROVIDER = Console()
