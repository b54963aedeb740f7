"""System checks for mistakes in the settings, each with what to do."""

from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from apps.h5.providers.sms.base import Credentials
from apps.h5.providers.sms.registry import all_senders


@register()
def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """E001–E007: what production refuses. W001–W004: what is probably a slip."""
    found: list[CheckMessage] = _log_in()
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
    found += _addresses()
    if settings.FAILPOINT:
        found.append(Error("FAILPOINT kills processes.", hint="Unset FAILPOINT.", id="portal.E005"))
    return found


def _log_in() -> list[CheckMessage]:
    """How members prove who they are: whoever reads a code of theirs is them."""
    found: list[CheckMessage] = []
    provider = all_senders().get(settings.SMS_PROVIDER)
    if settings.SMS_PROVIDER and provider is None:
        found.append(
            Error(
                f"SMS_PROVIDER names no provider: {settings.SMS_PROVIDER!r}.",
                hint=f"One of: {' '.join(all_senders())}; or empty for no log-in by phone.",
                id="portal.E006",
            )
        )
    if provider is not None and not provider.is_for_development:
        values = Credentials(settings.SMS_CREDENTIALS.get(provider.key, {}))
        if missing := values.missing(provider.variables):
            found.append(
                Error(
                    f"Codes go by {provider.key}, which is not configured.",
                    hint=f"Set {' '.join(missing)}.",
                    id="portal.E006",
                )
            )
    if settings.PRODUCTION and (
        (provider is not None and provider.is_for_development) or settings.SMS_CODE_ON_PAGE
    ):
        found.append(
            Error(
                "Codes would be shown in the log or on the page: anybody could log in as any member.",
                hint="Set SMS_PROVIDER to a real provider (or empty) and unset SMS_CODE_ON_PAGE.",
                id="portal.E007",
            )
        )
    return found


_API_BASES = ("WECOM_API_BASE", "DINGTALK_API_BASE", "FEISHU_API_BASE", "TELEGRAM_API_BASE")


def _addresses() -> list[CheckMessage]:
    """Addresses that are fine on a laptop and wrong on a server."""
    found: list[CheckMessage] = []
    site = urlsplit(settings.SITE_URL)
    if site.scheme != "https" or _is_local(site.hostname):
        found.append(
            checks.Warning(
                "SITE_URL is not the public https address; links in notices and posts would lead nowhere.",
                hint=f"It is now {settings.SITE_URL!r}.",
                id="portal.W002",
            )
        )
    found += [
        checks.Warning(
            f"{name} points to this machine: posts would go to a simulator, not to chat groups.",
            hint=f"Unset {name}.",
            id="portal.W003",
        )
        for name in _API_BASES
        if _is_local(urlsplit(getattr(settings, name)).hostname)
    ]
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            checks.Warning(
                "ALLOWED_HOSTS lets any host name in.", hint="Name your own hosts.", id="portal.W004"
            )
        )
    return found


def _is_local(host: str | None) -> bool:
    return host is None or host in {"localhost", "127.0.0.1", "::1"} or host.endswith(".localhost")
