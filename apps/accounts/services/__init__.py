"""Writing accounts: audit, approvals, notices."""
