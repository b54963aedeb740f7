"""Visits and how they became members."""

from apps.h5.models.phone_code import PhoneCode
from apps.h5.models.visitor import Conversion, Touch, Visitor

__all__ = ["Conversion", "PhoneCode", "Touch", "Visitor"]
