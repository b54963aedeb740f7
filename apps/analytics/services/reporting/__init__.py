"""Reports that go out by themselves."""

from apps.analytics.services.reporting.mailing import mail_reports
from apps.analytics.services.reporting.making import make_due_reports
from apps.analytics.services.reporting.planning import save_plan
from apps.analytics.services.reporting.writing import Report, write_report

__all__ = ["Report", "mail_reports", "make_due_reports", "save_plan", "write_report"]
