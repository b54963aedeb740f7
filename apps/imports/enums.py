"""States of an import job, outcomes of a row, weight of a problem."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    UPLOADED = "uploaded", _("已上传")
    CHECKING = "checking", _("预检中")
    CHECKED = "checked", _("待确认")
    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("导入中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")
    UNDOING = "undoing", _("撤销中")
    UNDONE = "undone", _("已撤销")


JOB_MOVES = {
    # Straight to the queue: the command imports without a check that nobody would look at.
    JobState.UPLOADED: frozenset({JobState.CHECKING, JobState.QUEUED, JobState.CANCELLED, JobState.FAILED}),
    JobState.CHECKING: frozenset({JobState.CHECKED, JobState.UPLOADED, JobState.CANCELLED, JobState.FAILED}),
    JobState.CHECKED: frozenset(
        {JobState.CHECKING, JobState.UPLOADED, JobState.QUEUED, JobState.CANCELLED, JobState.FAILED}
    ),
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.FAILED}),
    JobState.RUNNING: frozenset({JobState.DONE, JobState.CANCELLED, JobState.FAILED}),
    # A failed check or import may be mapped anew: nothing of it was written.
    JobState.FAILED: frozenset({JobState.CHECKING, JobState.UPLOADED, JobState.CANCELLED}),
    JobState.DONE: frozenset({JobState.UNDOING}),
    JobState.UNDOING: frozenset({JobState.UNDONE, JobState.DONE}),
}

#: States in which a worker has something to do.
WORKING_STATES = (JobState.CHECKING, JobState.QUEUED, JobState.RUNNING, JobState.UNDOING)
#: States in which the file, its encoding and its mapping may still be changed.
EDITABLE_STATES = (JobState.UPLOADED, JobState.CHECKED, JobState.FAILED)


class Phase(models.TextChoices):
    """What a worker is at; shown beside the progress bar."""

    WAITING = "waiting", _("等待其他导入完成")
    STAGING = "staging", _("读取文件")
    CHECKING = "checking", _("检查数据")
    WRITING = "writing", _("写入")
    FINISHING = "finishing", _("核对与收尾")
    REPORTING = "reporting", _("生成报告")
    UNDOING = "undoing", _("撤销")


class Encoding(models.TextChoices):
    UTF8 = "utf-8", _("UTF-8")
    GB18030 = "gb18030", _("GBK / GB18030（Excel 中文版默认）")
    UTF16 = "utf-16", _("UTF-16")
    UTF16_LE = "utf-16-le", _("UTF-16 LE（无标记）")
    UTF16_BE = "utf-16-be", _("UTF-16 BE（无标记）")
    BIG5 = "big5hkscs", _("Big5（繁体）")


class Delimiter(models.TextChoices):
    COMMA = ",", _("逗号 ,")
    TAB = "\t", _("制表符 Tab")
    SEMICOLON = ";", _("分号 ;")
    PIPE = "|", _("竖线 |")


class Outcome(models.IntegerChoices):
    """What became of a row; stored in the staging table."""

    PENDING = 0, _("待处理")
    CREATED = 1, _("新增")
    UPDATED = 2, _("更新")
    UNCHANGED = 3, _("未变")
    REJECTED = 4, _("拒绝")


class Level(models.TextChoices):
    REJECT = "reject", _("拒绝")
    WARNING = "warning", _("提醒")
