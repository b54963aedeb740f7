"""Campaigns, what goes on in them, and gifts."""

from django.utils.translation import gettext as _

from community_ops.sidebar_plan.entry import Entry


def section() -> tuple[str, list[Entry]]:
    """The section's title and entries."""
    return (
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
    )
