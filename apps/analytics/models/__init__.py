"""Figures derived from facts."""

from apps.analytics.models.experiment import Experiment
from apps.analytics.models.figures import DayFigure, FirstDay, HourFigure, MemberSet
from apps.analytics.models.people import Arrival, MemberValue, Stay
from apps.analytics.models.simulation import Simulation
from apps.analytics.models.views import SavedView, SharedView
from apps.analytics.models.watermark import Watermark

__all__ = [
    "Arrival",
    "DayFigure",
    "Experiment",
    "FirstDay",
    "HourFigure",
    "MemberSet",
    "MemberValue",
    "SavedView",
    "SharedView",
    "Simulation",
    "Stay",
    "Watermark",
]
