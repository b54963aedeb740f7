"""Campaigns, their runs, and what members did and got."""

from apps.campaigns.models.benefit import Benefit, Code
from apps.campaigns.models.campaign import Campaign, CampaignBenefit
from apps.campaigns.models.entry import Contribution, Entry, MemberAction
from apps.campaigns.models.flag import BlockedMember, Flag
from apps.campaigns.models.grant import Coupon, Grant
from apps.campaigns.models.landing import LandingPicture, LandingVersion
from apps.campaigns.models.run import Claim, MemberQuota, Run, RunStock
from apps.campaigns.models.share import ShareLink

__all__ = [
    "Benefit",
    "BlockedMember",
    "Campaign",
    "CampaignBenefit",
    "Claim",
    "Code",
    "Contribution",
    "Coupon",
    "Entry",
    "Flag",
    "Grant",
    "LandingPicture",
    "LandingVersion",
    "MemberAction",
    "MemberQuota",
    "Run",
    "RunStock",
    "ShareLink",
]
