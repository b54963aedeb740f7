"""Kinds of event. A kind is a dotted fact in the past tense; rooms add theirs here as they come."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    MEMBER_IMPORTED = "member.imported", _("成员导入")
    GROUP_JOINED = "group.joined", _("入群")
    GROUP_LEFT = "group.left", _("退群")
    POST_SENT = "post.sent", _("发布成功")
    POST_FAILED = "post.failed", _("发布失败")
    ORDER_CREATED = "order.created", _("下单")
    ORDER_PAID = "order.paid", _("付款")
    ORDER_REFUNDED = "order.refunded", _("退款")
    ORDER_LAPSED = "order.lapsed", _("订单超时")
