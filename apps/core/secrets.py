"""Secrets at rest: Fernet with key rotation."""

import base64
import hashlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...], fallback: str) -> MultiFernet:
    if keys:
        return MultiFernet([Fernet(key) for key in keys])
    derived = base64.urlsafe_b64encode(hashlib.sha256(b"field-encryption:" + fallback.encode()).digest())
    return MultiFernet([Fernet(derived)])


def _current() -> MultiFernet:
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS), settings.SECRET_KEY)


def encrypt(text: str) -> str:
    """Return the token for ``text`` under the first key of ``FIELD_ENCRYPTION_KEYS``."""
    return _current().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return the text behind ``token``; raises ``cryptography.fernet.InvalidToken`` if no key opens it."""
    return _current().decrypt(token.encode()).decode()


def open_token(token: str | None) -> str:
    """Return the text behind a stored token; empty if there is none or no key opens it."""
    try:
        return decrypt(token) if token else ""
    except InvalidToken:
        return ""


def mask(text: str) -> str:
    """Return ``text`` with all but its last four characters hidden; short texts are hidden whole."""
    return "•" * 8 + text[-4:] if len(text) >= 12 else "•" * 8


class EncryptedTextField(models.TextField):
    """Text that is plain in Python and a Fernet token in the database. Cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        # A lost key must not take the whole list page down: the row shows as unreadable instead.
        return open_token(value)
