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
