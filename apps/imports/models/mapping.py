"""Mappings that were right before."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet, TimeStamped


class RememberedMappingQuerySet(ScopedQuerySet["RememberedMapping"]):
    def in_teams(self, user: User) -> "RememberedMappingQuerySet":
        return self.none()


class RememberedMapping(TimeStamped):
    """How the columns of a header line were mapped last time, per target."""

    target = models.CharField(_("导入到"), max_length=40)
    fingerprint = models.CharField(_("表头指纹"), max_length=64)
    mapping = models.JSONField(_("列对应"), default=dict)

    objects = RememberedMappingQuerySet.as_manager()

    class Meta:
        verbose_name = _("记住的列对应")
        verbose_name_plural = _("记住的列对应")
        constraints = [
            models.UniqueConstraint(fields=["target", "fingerprint"], name="mapping_once_per_header")
        ]

    def __str__(self) -> str:
        return self.target
