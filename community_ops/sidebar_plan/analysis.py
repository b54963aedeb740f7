"""Dashboards, then the facts behind them."""

from django.utils.translation import gettext as _

from apps.analytics.admin.board.routes import all_pages
from community_ops.sidebar_plan.entry import Entry


def section() -> tuple[str, list[Entry]]:
    """The section's title and entries."""
    return (
        _("分析"),
        [
            *_dashboards(),
            Entry(
                _("活动推演"),
                "casino",
                "admin:analytics_simulator",
                "analytics.view_dashboard",
                words="simulation forecast 预测 模拟 蒙特卡洛",
            ),
            Entry(
                _("实验"),
                "experiment",
                "admin:analytics_experiments",
                "analytics.view_experiment",
                words="experiment ab test 对照 实验",
            ),
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
                _("投放花费"),
                "payments",
                "admin:analytics_spend",
                "events.add_event",
                words="spend cost 广告 花费 投放",
            ),
            Entry(
                _("定时报告"),
                "schedule_send",
                "admin:analytics_reportplan_changelist",
                "analytics.view_reportplan",
                words="report mail 邮件 日报 周报 月报",
            ),
            Entry(
                _("取数密钥"),
                "key",
                "admin:analytics_reportkey_changelist",
                "analytics.view_reportkey",
                words="api key 接口",
            ),
            Entry(_("事件"), "timeline", "admin:events_event_changelist", "events.view_event", words="event"),
            Entry(
                _("事件来源"),
                "input",
                "admin:events_eventsource_changelist",
                "events.view_eventsource",
                words="event source api key 密钥 接口",
            ),
        ],
    )


def _dashboards() -> list[Entry]:
    """Every page of figures, in the order that its file says."""
    pages = sorted(all_pages().values(), key=lambda page: page.order)
    return [
        Entry(
            str(page.label),
            page.icon,
            f"admin:analytics_{page.key}",
            page.permission,
            words=f"{page.key} dashboard",
        )
        for page in pages
        if page.in_sidebar
    ]
