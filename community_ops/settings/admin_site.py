"""Unfold: brand, colours and the sidebar by job. Entries come from ``community_ops.navigation``."""

from django.templatetags.static import static
from django.urls import reverse_lazy

UNFOLD = {
    "SITE_TITLE": "群策",
    "SITE_HEADER": "群策",
    "SITE_SUBHEADER": "Community Ops",
    "SITE_URL": None,
    "SITE_SYMBOL": "forum",
    "SITE_ICON": lambda request: static("portal/logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("portal/logo.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "community_ops.home.dashboard_callback",
    "ENVIRONMENT": "community_ops.navigation.environment",
    "STYLES": [lambda request: static("portal/portal.css")],
    "SCRIPTS": [],
    "LOGIN": {"redirect_after": lambda request: reverse_lazy("admin:index")},
    "COLORS": {
        "primary": {
            "50": "240 253 250",
            "100": "204 251 241",
            "200": "153 246 228",
            "300": "94 234 212",
            "400": "45 212 191",
            "500": "20 184 166",
            "600": "13 148 136",
            "700": "15 118 110",
            "800": "17 94 89",
            "900": "19 78 74",
            "950": "4 47 46",
        }
    },
    "COMMAND": {
        "search_models": ["groups.group", "content_calendar.post", "channels.channel"],
        "search_callback": "community_ops.navigation.palette",
        "show_history": True,
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "community_ops.navigation.sidebar",
    },
}
