"""The two pictures: deliveries of the last 14 days, and groups by stage."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.channels.enums import DeliveryState
from apps.channels.models import Delivery
from apps.core.remembered import remembered
from apps.groups.enums import GroupStage
from apps.groups.models import Group
from community_ops.home.figures import day_bounds
from community_ops.home.links import link

DAYS = 14
#: The past does not change by the second: the trend is read once a minute per user.
KEEP_SECONDS = 60
#: Readable on the light and on the dark ground.
_GREY = "#8b93a1"


def charts(request: HttpRequest) -> dict[str, Any]:
    """Data and options for Chart.js as JSON texts, with tables of the same numbers for readers without it."""
    user: Any = request.user
    return remembered(
        f"home-charts:{user.pk}:{get_language()}",
        KEEP_SECONDS,
        lambda: {"trend": _trend(user, timezone.now()), "stages": _stages(user)},
    )


def _trend(user: User, now: datetime) -> dict[str, Any] | None:
    if not user.has_perm("channels.view_delivery"):
        return None
    _start, end = day_bounds(now)
    first = day_bounds(now - timedelta(days=DAYS - 1))[0]
    rows = (
        Delivery.objects.visible_to(user)
        .filter(due_at__gte=first, due_at__lt=end)
        .order_by()
        .values(day=TruncDate("due_at"))
        .annotate(
            sent=Count("pk", filter=Q(state=DeliveryState.SENT)),
            lost=Count("pk", filter=Q(state__in=[DeliveryState.FAILED, DeliveryState.MISSED])),
            unknown=Count("pk", filter=Q(state=DeliveryState.UNKNOWN)),
        )
    )
    by_day: dict[Any, Any] = {row["day"]: row for row in rows}
    days = [(first + timedelta(days=n, hours=12)).date() for n in range(DAYS)]
    series = [
        (_("已送达"), "sent", "var(--color-primary-500)"),
        (_("失败或错过"), "lost", "#ef4444"),
        (_("结果未知"), "unknown", "#f59e0b"),
    ]
    datasets: list[dict[str, Any]] = [
        {
            "label": label,
            "data": [by_day.get(day, {}).get(name, 0) for day in days],
            "backgroundColor": colour,
            "borderColor": colour,
            "stack": "all",
            "displayYAxis": True,
        }
        for label, name, colour in series
    ]
    labels = [f"{day.month}/{day.day}" for day in days]
    return {
        "data": json.dumps({"labels": labels, "datasets": datasets}, ensure_ascii=False),
        "options": json.dumps(_options(_("日期"), _("消息数（条）"), stacked=True), ensure_ascii=False),
        "empty": not by_day,
        "url": link("channels_delivery_changelist", due_at__gte=first),
        "table": [(label, [d["data"][i] for d in datasets]) for i, label in enumerate(labels)],
        "names": [label for label, _name, _colour in series],
    }


def _stages(user: User) -> dict[str, Any] | None:
    if not user.has_perm("groups.view_group"):
        return None
    counts = dict(
        Group.objects.visible_to(user)
        .order_by()
        .values_list("stage")
        .annotate(Count("pk"))
        .values_list("stage", "pk__count")
    )
    colours = ["#3b82f6", "#22c55e", "var(--color-primary-500)", "#f97316", "#9ca3af"]
    dataset = {
        "label": _("社群数"),
        "data": [counts.get(stage, 0) for stage in GroupStage.values],
        "backgroundColor": colours,
        "displayYAxis": True,
    }
    labels = [str(label) for label in GroupStage.labels]
    return {
        "data": json.dumps({"labels": labels, "datasets": [dataset]}, ensure_ascii=False),
        "options": json.dumps(_options(_("阶段"), _("社群数（个）")), ensure_ascii=False),
        "empty": not counts,
        "rows": [
            (label, counts.get(stage, 0), link("groups_group_changelist", stage__exact=stage))
            for stage, label in GroupStage.choices
        ],
    }


def _options(x_title: str, y_title: str, *, stacked: bool = False) -> dict[str, Any]:
    """Chart.js options with what Unfold's defaults leave out: axes with titles, and a legend."""
    quiet = {"display": True, "color": "rgba(127,127,127,.18)"}
    return {
        "animation": False,
        "maintainAspectRatio": False,
        "barPercentage": 0.8,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {
            "legend": {
                "display": stacked,
                "position": "top",
                "align": "end",
                "labels": {"boxWidth": 10, "color": _GREY},
            },
            "tooltip": {"enabled": True},
        },
        "scales": {
            "x": {
                "stacked": stacked,
                "grid": {"display": False},
                "ticks": {"autoSkip": True, "maxRotation": 0, "color": _GREY},
                "title": {"display": True, "text": x_title, "color": _GREY},
            },
            "y": {
                "stacked": stacked,
                "beginAtZero": True,
                "ticks": {"precision": 0, "color": _GREY},
                "grid": quiet,
                "title": {"display": True, "text": y_title, "color": _GREY},
            },
        },
    }
