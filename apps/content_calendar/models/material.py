"""Pictures that posts use."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.core.models import ScopedQuerySet, TimeStamped


class MaterialQuerySet(ScopedQuerySet["Material"]):
    def in_teams(self, user: User) -> "MaterialQuerySet":
        return self.filter(models.Q(team__isnull=True) | models.Q(team__in=user.teams.all()))


class Material(TimeStamped):
    """素材: an image, checked by content when it is uploaded (S3)."""

    name = models.CharField(_("素材名称"), max_length=80)
    file = models.ImageField(
        _("图片"), upload_to="materials/%Y/%m", width_field="width", height_field="height"
    )
    width = models.PositiveIntegerField(_("宽"), default=0, editable=False)
    height = models.PositiveIntegerField(_("高"), default=0, editable=False)
    team = models.ForeignKey(
        Team,
        verbose_name=_("团队"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text=_("留空表示全员可用。"),
    )
    uploaded_by = models.ForeignKey(
        User,
        verbose_name=_("上传人"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    objects = MaterialQuerySet.as_manager()

    class Meta:
        verbose_name = _("素材")
        verbose_name_plural = _("素材")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
