"""Roles, audit actions and the states of an approval."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The shipped roles; each is a Django group of the same name (``value``)."""

    ARCHITECT = "architect", _("社群架构师")
    GROUP_OPERATOR = "group_operator", _("社群运维官")
    CONTENT_EDITOR = "content_editor", _("内容输出官")
    ANALYST = "analyst", _("数据分析师")
    MEMBER_SERVICE = "member_service", _("社群客服")


class ApprovalState(models.TextChoices):
    PENDING = "pending", _("待审批")
    APPROVED = "approved", _("已通过")
    REJECTED = "rejected", _("已退回")
    WITHDRAWN = "withdrawn", _("已撤回")


APPROVAL_MOVES = {
    ApprovalState.PENDING: frozenset(
        {ApprovalState.APPROVED, ApprovalState.REJECTED, ApprovalState.WITHDRAWN}
    ),
}


class NoticeLevel(models.TextChoices):
    INFO = "info", _("提示")
    WARNING = "warning", _("注意")
    ERROR = "error", _("出错")
