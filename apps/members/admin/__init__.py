"""Admin of members, tags, tiers and the points ledger."""

from apps.members.admin import ledger, member, vocabulary

__all__ = ["ledger", "member", "vocabulary"]
