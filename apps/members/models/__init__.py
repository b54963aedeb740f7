"""People in the chat groups."""

from apps.members.models.consent import Consent
from apps.members.models.member import Identity, Member
from apps.members.models.membership import MembershipEntry
from apps.members.models.points import PointsEntry
from apps.members.models.session import MemberSession
from apps.members.models.tag import MemberTag, Tag, Tier

__all__ = [
    "Consent",
    "Identity",
    "Member",
    "MemberSession",
    "MemberTag",
    "MembershipEntry",
    "PointsEntry",
    "Tag",
    "Tier",
]
