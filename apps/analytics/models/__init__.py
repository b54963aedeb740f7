"""Figures derived from facts."""

from apps.analytics.models.branch import Branch
from apps.analytics.models.figures import DayFigure, FirstDay, HourFigure, MemberSet
from apps.analytics.models.people import MemberValue, Stay
from apps.analytics.models.report import ReportIssue, ReportPlan
from apps.analytics.models.report_key import ReportKey
from apps.analytics.models.watermark import Watermark

__all__ = [
    "Branch",
    "DayFigure",
    "FirstDay",
    "HourFigure",
    "MemberSet",
    "MemberValue",
    "ReportIssue",
    "ReportKey",
    "ReportPlan",
    "Stay",
    "Watermark",
]
