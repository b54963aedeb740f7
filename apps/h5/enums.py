"""Vocabulary of the member pages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConversionKind(models.TextChoices):
    """What a visit led to. Orders are read through their entry's or contribution's conversion."""

    LOGIN = "login", _("登录")
    ENTRY = "entry", _("发起")
    PART = "part", _("参与")
