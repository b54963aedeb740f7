"""Figures derived from facts."""

from apps.analytics.models.figures import DayFigure, FirstDay, HourFigure, MemberSet
from apps.analytics.models.people import MemberValue, Stay
from apps.analytics.models.rfm import RfmCell
from apps.analytics.models.watermark import Watermark

__all__ = ["DayFigure", "FirstDay", "HourFigure", "MemberSet", "MemberValue", "RfmCell", "Stay", "Watermark"]
