"""Users, teams, audit, approvals, notices."""
