"""Admin of groups and memberships."""

from apps.groups.admin import group, member_panel, membership

__all__ = ["group", "member_panel", "membership"]
