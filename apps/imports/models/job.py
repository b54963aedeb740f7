"""One file on its way into one target."""

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.imports.enums import JobState, Phase


def private_storage() -> Storage:
    """The storage that no URL reaches: uploads hold personal data."""
    return storages["private"]


class ImportJobQuerySet(ScopedQuerySet["ImportJob"]):
    view_all_permission = "imports.view_all_jobs"

    def in_teams(self, user: User) -> "ImportJobQuerySet":
        return self.filter(created_by=user)


class ImportJob(TimeStamped):
    """导入任务: one file on its way into one target.

    ``target`` is a key of the importer registry. ``mapping`` is {column index as text: target column key}.
    M1: when ``state`` is done, created + updated + unchanged + rejected = read, counted from what was
    written. A dry run stores its counts in ``preview``, an undo in ``undo``. ``written_at`` says that the
    rows are committed: a job resumed after that only reports.
    """

    target = models.CharField(_("导入到"), max_length=40)
    original_name = models.CharField(_("文件名"), max_length=200)
    file = models.FileField(_("文件"), upload_to="imports/%Y/%m", storage=private_storage, max_length=300)
    sha256 = models.CharField(_("文件校验值"), max_length=64, blank=True)
    size = models.BigIntegerField(_("文件大小"), default=0)
    detected_encoding = models.CharField(_("识别出的编码"), max_length=20, blank=True)
    encoding = models.CharField(_("编码"), max_length=20, blank=True)
    delimiter = models.CharField(_("分隔符"), max_length=1, default=",")
    file_kind = models.CharField(_("文件格式"), max_length=4, default="csv", db_default="csv")
    headers = models.JSONField(_("表头"), default=list, blank=True)
    mapping = models.JSONField(_("列对应"), default=dict, blank=True)
    options = models.JSONField(_("选项"), default=dict, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=JobState.choices, default=JobState.UPLOADED)
    phase = models.CharField(_("阶段"), max_length=40, choices=Phase.choices, blank=True)
    progress_done = models.BigIntegerField(_("已处理"), default=0)
    progress_total = models.BigIntegerField(_("共要处理"), default=0)
    preview = models.JSONField(_("预检结果"), default=dict, blank=True)
    read_count = models.BigIntegerField(_("读取"), default=0)
    created_count = models.BigIntegerField(_("新增"), default=0)
    updated_count = models.BigIntegerField(_("更新"), default=0)
    unchanged_count = models.BigIntegerField(_("未变"), default=0)
    rejected_count = models.BigIntegerField(_("拒绝"), default=0)
    problems = models.JSONField(_("问题"), default=list, blank=True)
    error_file = models.FileField(
        _("被拒绝的行"), upload_to="imports/%Y/%m", storage=private_storage, max_length=300, blank=True
    )
    failure = models.TextField(_("失败原因"), blank=True)
    created_by = models.ForeignKey(
        User, verbose_name=_("操作人"), on_delete=models.PROTECT, related_name="+", null=True
    )
    undo = models.JSONField(_("撤销结果"), default=dict, blank=True)
    attempt_count = models.PositiveSmallIntegerField(_("尝试次数"), default=0, db_default=0)
    cancel_requested_at = models.DateTimeField(_("要求取消的时间"), null=True, blank=True)
    written_at = models.DateTimeField(_("写入时间"), null=True, blank=True)
    lease_token = models.BigIntegerField(_("租约编号"), default=0)
    leased_until = models.DateTimeField(_("租约到期"), null=True, blank=True)
    started_at = models.DateTimeField(_("开始时间"), null=True, blank=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入任务")
        verbose_name_plural = _("导入任务")
        ordering = ["-id"]
        permissions = [("view_all_jobs", _("可查看所有人的导入任务"))]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["done", "undone"])
                | Q(
                    read_count=F("created_count")
                    + F("updated_count")
                    + F("unchanged_count")
                    + F("rejected_count")
                ),
                name="import_counts_add_up",
                violation_error_message=_("新增、更新、未变、拒绝之和必须等于读取行数。"),
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=["checking", "queued", "running", "undoing"]),
                name="import_job_working",
            )
        ]

    def __str__(self) -> str:
        return self.original_name
