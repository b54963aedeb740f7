"""System checks for mistakes in the settings, each with what to do."""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register


@register()
def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """E001–E005: what production refuses. W001: an address that cannot be a base address."""
    found: list[CheckMessage] = []
    for key in settings.FIELD_ENCRYPTION_KEYS:
        try:
            Fernet(key)
        except ValueError:
            found.append(
                Error(
                    "FIELD_ENCRYPTION_KEYS holds something that is not a Fernet key.",
                    hint="python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'",
                    id="portal.E001",
                )
            )
    for name in ("WECOM_API_BASE", "DINGTALK_API_BASE", "FEISHU_API_BASE", "TELEGRAM_API_BASE", "SITE_URL"):
        value = getattr(settings, name)
        if not value.startswith(("http://", "https://")) or value.endswith("/"):
            found.append(
                checks.Warning(
                    f"{name} should look like https://host, without a slash at the end.",
                    hint=f"It is now {value!r}.",
                    id="portal.W001",
                )
            )
    if not settings.PRODUCTION:
        return found
    if settings.SECRET_KEY == settings.DEVELOPMENT_SECRET_KEY:
        found.append(Error("SECRET_KEY is the development key.", hint="Set SECRET_KEY.", id="portal.E002"))
    if settings.DATABASE_IS_EMBEDDED or settings.REDIS_IS_EMBEDDED:
        found.append(
            Error(
                "The embedded servers are for development.",
                hint="Set DATABASE_URL and REDIS_URL to real servers.",
                id="portal.E003",
            )
        )
    if not settings.FIELD_ENCRYPTION_KEYS:
        found.append(
            Error("FIELD_ENCRYPTION_KEYS is empty.", hint="Set at least one Fernet key.", id="portal.E004")
        )
    if settings.FAILPOINT:
        found.append(Error("FAILPOINT kills processes.", hint="Unset FAILPOINT.", id="portal.E005"))
    return found
