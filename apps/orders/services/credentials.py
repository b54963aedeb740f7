"""What settings hold for a provider, and where it sends its notices."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.orders.providers.base import Credentials, Provider


def credentials_of(provider: Provider) -> Credentials:
    """The provider's credentials. Raises ``Invalid`` naming the variables that are not set."""
    found = Credentials(settings.PAYMENT_CREDENTIALS.get(provider.key, {}))
    if missing := found.missing(provider.variables):
        raise Invalid(
            _("支付方式“%(provider)s”还没有配置。") % {"provider": provider.label},
            hint=_("请设置：%(names)s。") % {"names": " ".join(missing)},
            code="not_configured",
        )
    return found


def notify_url(provider: Provider) -> str:
    """The whole address that the provider's notices go to."""
    return settings.SITE_URL.rstrip("/") + reverse("payments:notify", args=[provider.key])
