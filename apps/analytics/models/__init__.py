"""Figures derived from facts."""

from apps.analytics.models.branch import Branch
from apps.analytics.models.figures import DayFigure, FirstDay, HourFigure, MemberSet
from apps.analytics.models.people import Arrival, MemberValue, Stay
from apps.analytics.models.report import ReportIssue, ReportPlan
from apps.analytics.models.report_key import ReportKey
from apps.analytics.models.views import SavedView, SharedView
from apps.analytics.models.watermark import Watermark

__all__ = [
    "Arrival",
    "Branch",
    "DayFigure",
    "FirstDay",
    "HourFigure",
    "MemberSet",
    "MemberValue",
    "ReportIssue",
    "ReportKey",
    "ReportPlan",
    "SavedView",
    "SharedView",
    "Stay",
    "Watermark",
]
