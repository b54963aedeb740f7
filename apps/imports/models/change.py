"""The undo journal."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet
from apps.imports.models.job import ImportJob


class ChangeQuerySet(ScopedQuerySet["Change"]):
    def in_teams(self, user: User) -> "ChangeQuerySet":
        return self.filter(job__created_by=user)


class Change(models.Model):
    """One row that an import wrote (M2). ``before`` is null when it was created, else its old values.

    The table is written by set-based steps and read by the undo of the same target; ``label`` is the
    model's, such as ``members.member``. Kept for ``RETENTION`` days, then a job can no longer be undone.
    """

    pk = models.CompositePrimaryKey("job_id", "label", "object_id")
    job = models.ForeignKey(
        ImportJob,
        verbose_name=_("导入任务"),
        on_delete=models.CASCADE,
        related_name="changes",
        db_index=False,
        # A trigger per row of a million, all about one job that is locked anyway.
        db_constraint=False,
    )
    label = models.CharField(_("种类"), max_length=40)
    object_id = models.BigIntegerField(_("对象编号"))
    before = models.JSONField(_("原值"), null=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入改动")
        verbose_name_plural = _("导入改动")

    def __str__(self) -> str:
        return f"{self.label} {self.object_id}"
