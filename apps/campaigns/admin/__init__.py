"""Admin of campaigns: the list, the wizard, a campaign's page."""

from apps.campaigns.admin.campaign import CampaignAdmin

__all__ = ["CampaignAdmin"]
