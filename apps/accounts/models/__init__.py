"""Who works here, and what they did."""

from apps.accounts.models.approval import Approval
from apps.accounts.models.audit import AuditEntry
from apps.accounts.models.notice import Notice
from apps.accounts.models.user import Team, User

__all__ = ["Approval", "AuditEntry", "Notice", "Team", "User"]
