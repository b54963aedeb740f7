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
    CAMPAIGN_RUN_OPENED = "campaign.run_opened", _("活动开期")
    CAMPAIGN_RUN_SETTLED = "campaign.run_settled", _("活动结算")
    CAMPAIGN_ENTERED = "campaign.entered", _("发起参与")
    CAMPAIGN_CONTRIBUTED = "campaign.contributed", _("参与他人")
    CAMPAIGN_SUCCEEDED = "campaign.succeeded", _("参与成功")
    CAMPAIGN_FAILED = "campaign.failed", _("参与未成功")
    CAMPAIGN_VOIDED = "campaign.voided", _("参与作废")
    BENEFIT_GRANTED = "benefit.granted", _("礼品发放")
    BENEFIT_VOIDED = "benefit.voided", _("礼品作废")
    COUPON_REDEEMED = "coupon.redeemed", _("优惠券核销")
    COUPON_RETURNED = "coupon.returned", _("优惠券退回")
    PAGE_VIEWED = "page.viewed", _("打开落地页")
    PAGE_SECTION_VIEWED = "page.section_viewed", _("看到内容块")
    PAGE_DWELLED = "page.dwelled", _("停留")
    PAGE_TAPPED = "page.tapped", _("点按")
