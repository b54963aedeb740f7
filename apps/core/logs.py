"""Logs carry no personal data and no secrets."""

import logging
import re

_PHONE = re.compile(r"(?<!\d)(?:\+?86)?(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_SECRET = re.compile(r"(?i)\b(key|access_token|token|secret|sign|password)=([^&\s'\"]+)")
_HOOK = re.compile(r"(/hook/|/bot)([\w:-]{8,})")


def scrub(text: str) -> str:
    """Return ``text`` with mainland mobiles, robot keys and tokens masked."""
    text = _PHONE.sub(r"\1****\2", text)
    text = _SECRET.sub(r"\1=***", text)
    return _HOOK.sub(r"\1***", text)


class MaskPersonalData(logging.Filter):
    """Scrubs the finished message and its exception text, so that no formatter can leak what a caller logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = scrub(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = scrub(record.exc_text)
            record.exc_info = None
        return True
