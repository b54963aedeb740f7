"""Chat groups and who is in them."""

from apps.groups.models.group import Group
from apps.groups.models.membership import Membership

__all__ = ["Group", "Membership"]
