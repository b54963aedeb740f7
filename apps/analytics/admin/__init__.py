"""Pages of figures. ``board`` is their shell, ``pages`` has one file per page."""

from apps.analytics.admin import calendar_tasks, doors, report, report_key
from apps.analytics.admin.alert_rule import AlertRuleAdmin
from apps.analytics.admin.goal import GoalAdmin

__all__ = ["AlertRuleAdmin", "GoalAdmin", "calendar_tasks", "doors", "report", "report_key"]
