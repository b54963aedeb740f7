"""States of a post."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PostState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待审批")
    REJECTED = "rejected", _("已退回")
    SCHEDULED = "scheduled", _("已排期")
    FINISHED = "finished", _("已完成")
    CANCELLED = "cancelled", _("已取消")


EDITABLE_STATES = frozenset({PostState.DRAFT, PostState.REJECTED})

POST_MOVES = {
    PostState.DRAFT: frozenset({PostState.SUBMITTED, PostState.CANCELLED}),
    PostState.REJECTED: frozenset({PostState.DRAFT, PostState.SUBMITTED, PostState.CANCELLED}),
    PostState.SUBMITTED: frozenset(
        {PostState.SCHEDULED, PostState.REJECTED, PostState.DRAFT, PostState.CANCELLED}
    ),
    PostState.SCHEDULED: frozenset({PostState.FINISHED, PostState.CANCELLED, PostState.DRAFT}),
    PostState.FINISHED: frozenset({PostState.SCHEDULED}),
    PostState.CANCELLED: frozenset({PostState.DRAFT}),
}


class Selection(models.TextChoices):
    """How a post picks its groups."""

    GROUPS = "groups", _("指定社群")
    FILTER = "filter", _("按条件选群")


class Level(models.TextChoices):
    """How bad a problem is: an error blocks submitting, a warning asks for a tick."""

    ERROR = "error", _("必须修改")
    WARNING = "warning", _("请留意")


class Part(models.IntegerChoices):
    """Which message of a post. A fixed number for each, so that editing a recalled post can never send the
    same message to a group under another number (D1)."""

    MAIN = 1, _("正文")
    PICTURE = 2, _("图片")


class RunPostKind(models.TextChoices):
    """The posts that a campaign's run wants."""

    WARMUP = "warmup", _("预热")
    START = "start", _("开始")
    REMINDER = "reminder", _("最后提醒")
    RESULT = "result", _("结果")


#: Worth posting only while the run is coming or going on.
BEFORE_THE_END = frozenset({RunPostKind.WARMUP, RunPostKind.START, RunPostKind.REMINDER})
