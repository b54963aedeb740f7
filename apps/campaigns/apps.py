from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "apps.campaigns"
    label = "campaigns"
    verbose_name = _("活动")

    def ready(self) -> None:
        """Campaigns hear of the orders that they opened."""
        from apps.campaigns.services.engine.payments import CampaignOrders
        from apps.orders.services.owners import register_owner

        register_owner("campaign", CampaignOrders())
