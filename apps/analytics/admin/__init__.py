"""Pages of figures. ``board`` is their shell, ``pages`` has one file per page."""

from apps.analytics.admin import report, report_key

__all__ = ["report", "report_key"]
