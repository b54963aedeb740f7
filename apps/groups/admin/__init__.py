"""Admin of groups and memberships."""

from apps.groups.admin import group, membership

__all__ = ["group", "membership"]
