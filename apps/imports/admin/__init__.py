"""Admin of imports: the wizard and the list of jobs."""

from apps.imports.admin.jobs import ImportJobAdmin

__all__ = ["ImportJobAdmin"]
