"""axes under a name that operators read: its own app says “Axes” in every language."""

from axes.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoginProtectionConfig(AppConfig):
    verbose_name = _("登录保护")
