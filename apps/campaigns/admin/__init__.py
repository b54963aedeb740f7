"""Admin of campaigns: the plan (campaign, wizard), what goes on (runs, entries), what is given (gifts, coupons)."""

from apps.campaigns.admin.benefit import BenefitAdmin, CodeAdmin
from apps.campaigns.admin.blocked import BlockedMemberAdmin
from apps.campaigns.admin.campaign import CampaignAdmin
from apps.campaigns.admin.coupon import CouponAdmin
from apps.campaigns.admin.entry import ContributionAdmin, EntryAdmin
from apps.campaigns.admin.flag import FlagAdmin
from apps.campaigns.admin.grant import GrantAdmin
from apps.campaigns.admin.run import RunAdmin

__all__ = [
    "BenefitAdmin",
    "BlockedMemberAdmin",
    "CampaignAdmin",
    "CodeAdmin",
    "ContributionAdmin",
    "CouponAdmin",
    "EntryAdmin",
    "FlagAdmin",
    "GrantAdmin",
    "RunAdmin",
]
