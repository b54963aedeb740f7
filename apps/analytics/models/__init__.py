"""Figures derived from facts."""

from apps.analytics.models.alert import Alert, AlertRule
from apps.analytics.models.figures import DayFigure, FirstDay, HourFigure, MemberSet
from apps.analytics.models.goal import Goal
from apps.analytics.models.people import Arrival, MemberValue, Stay
from apps.analytics.models.review import Review, ReviewAction, ReviewVersion
from apps.analytics.models.views import SavedView, SharedView
from apps.analytics.models.watermark import Watermark

__all__ = [
    "Alert",
    "AlertRule",
    "Arrival",
    "DayFigure",
    "FirstDay",
    "Goal",
    "HourFigure",
    "MemberSet",
    "MemberValue",
    "Review",
    "ReviewAction",
    "ReviewVersion",
    "SavedView",
    "SharedView",
    "Stay",
    "Watermark",
]
