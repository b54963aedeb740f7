"""What a member has agreed to (PIPL)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet
from apps.members.models.member import Member


class ConsentQuerySet(ScopedQuerySet["Consent"]):
    def in_teams(self, user: User) -> "ConsentQuerySet":
        return self.filter(member__in=Member.objects.visible_to(user))


class Consent(models.Model):
    """同意记录: which version of the privacy terms, when, and by what way; rows are only added.

    ``source`` names the way (``phone_code``, ``wechat``, ``personal_link``), ``ip_hash`` is a salted digest.
    """

    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="consents", db_index=False
    )
    version = models.CharField(_("条款版本"), max_length=20)
    source = models.CharField(_("来源"), max_length=20)
    at = models.DateTimeField(_("同意时间"))
    ip_hash = models.CharField(_("来源地址摘要"), max_length=16, blank=True, db_default="")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("同意记录")
        verbose_name_plural = _("同意记录")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "version"], name="consent_once_per_version"),
            models.CheckConstraint(condition=~Q(version=""), name="consent_names_its_version"),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.source}"
