"""What waits for somebody today."""

from django.utils.translation import gettext as _

from community_ops.sidebar_plan.entry import Entry


def section() -> tuple[str, list[Entry]]:
    """The section's title and entries."""
    return (
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
    )
