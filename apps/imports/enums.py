"""States of an import job."""

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
    UNDONE = "undone", _("已撤销")


class Encoding(models.TextChoices):
    UTF8 = "utf-8", _("UTF-8")
    GB18030 = "gb18030", _("GBK / GB18030（Excel 中文版默认）")
    UTF16 = "utf-16", _("UTF-16")
    BIG5 = "big5hkscs", _("Big5（繁体）")
