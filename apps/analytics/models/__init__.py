"""Figures derived from facts."""

from apps.analytics.models.experiment import Experiment
from apps.analytics.models.figures import DayFigure, FirstDay, HourFigure, MemberSet
from apps.analytics.models.people import MemberValue, Stay
from apps.analytics.models.simulation import Simulation
from apps.analytics.models.watermark import Watermark

__all__ = [
    "DayFigure",
    "Experiment",
    "FirstDay",
    "HourFigure",
    "MemberSet",
    "MemberValue",
    "Simulation",
    "Stay",
    "Watermark",
]
