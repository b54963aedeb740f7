"""People in the chat groups."""

from apps.members.models.member import Identity, Member
from apps.members.models.membership import MembershipEntry
from apps.members.models.points import PointsEntry
from apps.members.models.tag import MemberTag, Tag, Tier

__all__ = ["Identity", "Member", "MemberTag", "MembershipEntry", "PointsEntry", "Tag", "Tier"]
