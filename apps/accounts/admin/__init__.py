"""Admin of users, teams, roles, approvals, audit and notices, and the bases of every room's admin."""
