"""Figures derived from facts."""

from apps.analytics.models.figures import DayFigure, FirstDay, HourFigure, MemberSet
from apps.analytics.models.people import Arrival, MemberValue, Stay
from apps.analytics.models.rfm import RfmCell
from apps.analytics.models.views import SavedView, SharedView
from apps.analytics.models.watermark import Watermark

__all__ = [
    "Arrival",
    "DayFigure",
    "FirstDay",
    "HourFigure",
    "MemberSet",
    "MemberValue",
    "RfmCell",
    "SavedView",
    "SharedView",
    "Stay",
    "Watermark",
]
