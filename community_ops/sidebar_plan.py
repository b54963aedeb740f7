"""The sidebar by job: every section with every entry."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar. Left out if the URL ``name`` does not exist or ``permission`` is missing."""

    label: str
    icon: str
    name: str
    permission: str = ""
    query: str = ""
    badge: str = ""
    badge_variant: str = "warning"
    words: str = ""  # what else people type into the palette

    def link(self) -> str:
        """The address, or "" where that room has no such page."""
        try:
            return reverse(self.name) + self.query
        except NoReverseMatch:
            return ""


def plan() -> list[tuple[str, list[Entry]]]:
    """Every section with every entry, whoever is looking."""
    return [
        (
            _("今日"),
            [
                Entry(_("工作台"), "home", "admin:index", words="home 首页 dashboard"),
                Entry(
                    _("待我审批"),
                    "approval",
                    "admin:content_calendar_post_approvals",
                    "content_calendar.approve_post",
                    badge="approvals",
                    words="approval 审核",
                ),
                Entry(
                    _("人工发送"),
                    "front_hand",
                    "admin:channels_delivery_inbox",
                    "channels.operate_delivery",
                    badge="manual",
                    words="inbox 收件箱",
                ),
                Entry(
                    _("结果未知"),
                    "help",
                    "admin:channels_delivery_changelist",
                    "channels.operate_delivery",
                    "?state__exact=unknown",
                    badge="unknown",
                    badge_variant="danger",
                    words="unknown",
                ),
                Entry(
                    _("通知"),
                    "notifications",
                    "admin:accounts_notice_changelist",
                    "accounts.view_notice",
                    "?read=no",
                    badge="notices",
                    badge_variant="info",
                    words="notice 消息",
                ),
            ],
        ),
        (
            _("成员"),
            [
                Entry(
                    _("成员"),
                    "person",
                    "admin:members_member_changelist",
                    "members.view_member",
                    words="member 客户",
                ),
                Entry(
                    _("导入成员"),
                    "upload_file",
                    "admin:imports_importjob_wizard",
                    "imports.add_importjob",
                    "?target=members",
                    words="import csv excel",
                ),
                Entry(
                    _("导入任务"),
                    "history",
                    "admin:imports_importjob_changelist",
                    "imports.view_importjob",
                    words="import job",
                ),
                Entry(_("标签"), "sell", "admin:members_tag_changelist", "members.view_tag", words="tag"),
                Entry(_("等级"), "stars", "admin:members_tier_changelist", "members.view_tier", words="tier"),
            ],
        ),
        (
            _("社群"),
            [
                Entry(
                    _("社群"),
                    "forum",
                    "admin:groups_group_changelist",
                    "groups.view_group",
                    words="group 群",
                ),
                Entry(
                    _("看板"),
                    "view_kanban",
                    "admin:groups_group_board",
                    "groups.view_group",
                    words="board 阶段",
                ),
                Entry(
                    _("群成员"),
                    "groups",
                    "admin:groups_membership_changelist",
                    "groups.view_membership",
                    words="membership",
                ),
                Entry(
                    _("通道"),
                    "smart_toy",
                    "admin:channels_channel_changelist",
                    "channels.view_channel",
                    words="channel 机器人 robot webhook",
                ),
            ],
        ),
        (
            _("活动"),
            [
                Entry(
                    _("活动"),
                    "celebration",
                    "admin:campaigns_campaign_changelist",
                    "campaigns.view_campaign",
                    words="campaign 玩法 裂变 拼团 助力 砍价",
                ),
                Entry(
                    _("新建活动"),
                    "add_circle",
                    "admin:campaigns_campaign_add",
                    "campaigns.add_campaign",
                    words="create campaign 创建",
                ),
                Entry(
                    _("活动期"),
                    "event_repeat",
                    "admin:campaigns_run_changelist",
                    "campaigns.view_run",
                    words="run monitor 监控 期",
                ),
                Entry(
                    _("待处理"),
                    "fact_check",
                    "admin:campaigns_run_pending",
                    "campaigns.launch_campaign",
                    badge="campaign_tasks",
                    words="review 审核 截图 上架 争议",
                ),
                Entry(
                    _("风控复核"),
                    "gpp_maybe",
                    "admin:campaigns_flag_queue",
                    "campaigns.review_flag",
                    badge="risk",
                    badge_variant="danger",
                    words="risk flag 疑点 暂扣 刷单 作弊",
                ),
                Entry(
                    _("黑名单"),
                    "block",
                    "admin:campaigns_blockedmember_changelist",
                    "campaigns.view_blockedmember",
                    words="blacklist blocked 拉黑",
                ),
                Entry(
                    _("参与单"),
                    "assignment_ind",
                    "admin:campaigns_entry_changelist",
                    "campaigns.view_entry",
                    words="entry 团 助力单 砍价单",
                ),
                Entry(
                    _("短链"),
                    "link",
                    "admin:campaigns_sharelink_changelist",
                    "campaigns.view_sharelink",
                    words="share link 渠道 推广 二维码 utm",
                ),
                Entry(
                    _("礼品"),
                    "redeem",
                    "admin:campaigns_benefit_changelist",
                    "campaigns.view_benefit",
                    words="benefit 奖品 兑换码 红包 券",
                ),
                Entry(
                    _("礼品发放"),
                    "local_shipping",
                    "admin:campaigns_grant_changelist",
                    "campaigns.view_grant",
                    words="grant shipping 发货 快递",
                ),
                Entry(
                    _("优惠券"),
                    "confirmation_number",
                    "admin:campaigns_coupon_changelist",
                    "campaigns.view_coupon",
                    words="coupon",
                ),
                Entry(
                    _("核销"),
                    "qr_code_scanner",
                    "admin:campaigns_coupon_write_off",
                    "campaigns.write_off_coupon",
                    words="write off 扫码",
                ),
            ],
        ),
        (
            _("内容日历"),
            [
                Entry(
                    _("日历"),
                    "calendar_month",
                    "admin:content_calendar_post_calendar",
                    "content_calendar.view_post",
                    words="calendar 排期",
                ),
                Entry(
                    _("帖子"),
                    "article",
                    "admin:content_calendar_post_changelist",
                    "content_calendar.view_post",
                    words="post",
                ),
                Entry(
                    _("素材"),
                    "image",
                    "admin:content_calendar_material_changelist",
                    "content_calendar.view_material",
                    words="material 图片",
                ),
            ],
        ),
        (
            _("交易"),
            [
                Entry(
                    _("订单"),
                    "receipt_long",
                    "admin:orders_order_changelist",
                    "orders.view_order",
                    words="order 付款 payment",
                ),
                Entry(
                    _("导入订单"),
                    "upload_file",
                    "admin:imports_importjob_wizard",
                    "orders.add_order",
                    "?target=orders",
                    words="import order csv excel",
                ),
                Entry(
                    _("退款"),
                    "currency_exchange",
                    "admin:orders_refund_changelist",
                    "orders.view_refund",
                    words="refund 退钱",
                ),
                Entry(
                    _("收款"),
                    "payments",
                    "admin:orders_payment_changelist",
                    "orders.view_payment",
                    words="payment 流水",
                ),
                Entry(
                    _("商品"),
                    "inventory_2",
                    "admin:orders_product_changelist",
                    "orders.view_product",
                    words="product 货",
                ),
            ],
        ),
        (
            _("分析"),
            [
                Entry(
                    _("访问"),
                    "ads_click",
                    "admin:h5_touch_changelist",
                    "h5.view_touch",
                    words="touch visit 触点 来源 流量",
                ),
                Entry(
                    _("转化"),
                    "conversion_path",
                    "admin:h5_conversion_changelist",
                    "h5.view_conversion",
                    words="conversion 登录 归因",
                ),
                Entry(
                    _("访客"),
                    "person_search",
                    "admin:h5_visitor_changelist",
                    "h5.view_visitor",
                    words="visitor 浏览器",
                ),
                Entry(
                    _("发送健康"),
                    "monitor_heart",
                    "admin:channels_health",
                    "channels.view_delivery",
                    words="health",
                ),
                Entry(
                    _("投递"),
                    "outbox",
                    "admin:channels_delivery_changelist",
                    "channels.view_delivery",
                    words="delivery 发送记录",
                ),
                Entry(
                    _("事件"), "timeline", "admin:events_event_changelist", "events.view_event", words="event"
                ),
                Entry(
                    _("事件来源"),
                    "input",
                    "admin:events_eventsource_changelist",
                    "events.view_eventsource",
                    words="event source api key 密钥 接口",
                ),
            ],
        ),
        (
            _("设置"),
            [
                Entry(
                    _("用户"),
                    "manage_accounts",
                    "admin:accounts_user_changelist",
                    "accounts.view_user",
                    words="user 账号",
                ),
                Entry(
                    _("团队"),
                    "diversity_3",
                    "admin:accounts_team_changelist",
                    "accounts.view_team",
                    words="team",
                ),
                Entry(
                    _("角色"), "badge", "admin:auth_group_changelist", "auth.view_group", words="role 权限"
                ),
                Entry(
                    _("审批记录"),
                    "task_alt",
                    "admin:accounts_approval_changelist",
                    "accounts.view_approval",
                    words="approval",
                ),
                Entry(
                    _("审计"),
                    "policy",
                    "admin:accounts_auditentry_changelist",
                    "accounts.view_auditentry",
                    words="audit",
                ),
            ],
        ),
        (
            _("系统"),
            [
                Entry(
                    _("定时任务"),
                    "schedule",
                    "admin:django_celery_beat_periodictask_changelist",
                    "django_celery_beat.view_periodictask",
                    words="beat celery",
                ),
                Entry(
                    _("登录失败"),
                    "lock",
                    "admin:axes_accessattempt_changelist",
                    "axes.view_accessattempt",
                    words="login lock 锁定",
                ),
            ],
        ),
    ]
