"""Admin of users, teams, roles, approvals, audit and notices, and the bases of every room's admin."""

from apps.accounts.admin import approvals, audit, notices, roles, teams, users

__all__ = ["approvals", "audit", "notices", "roles", "teams", "users"]
