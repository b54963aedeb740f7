"""Figures derived from facts."""

from apps.analytics.models.alert import Alert, AlertRule
from apps.analytics.models.branch import Branch
from apps.analytics.models.experiment import Experiment
from apps.analytics.models.figures import DayFigure, FirstDay, HourFigure, MemberSet
from apps.analytics.models.goal import Goal
from apps.analytics.models.people import Arrival, MemberValue, Stay
from apps.analytics.models.report import ReportIssue, ReportPlan
from apps.analytics.models.report_key import ReportKey
from apps.analytics.models.review import Review, ReviewAction, ReviewVersion
from apps.analytics.models.rfm import RfmCell
from apps.analytics.models.simulation import Simulation
from apps.analytics.models.views import SavedView, SharedView
from apps.analytics.models.watermark import Watermark

__all__ = [
    "Alert",
    "AlertRule",
    "Arrival",
    "Branch",
    "DayFigure",
    "Experiment",
    "FirstDay",
    "Goal",
    "HourFigure",
    "MemberSet",
    "MemberValue",
    "ReportIssue",
    "ReportKey",
    "ReportPlan",
    "Review",
    "ReviewAction",
    "ReviewVersion",
    "RfmCell",
    "SavedView",
    "SharedView",
    "Simulation",
    "Stay",
    "Watermark",
]
