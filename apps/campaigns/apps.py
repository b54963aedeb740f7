from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "apps.campaigns"
    label = "campaigns"
    verbose_name = _("活动")

    def ready(self) -> None:
        """Campaigns hear of the orders that they opened, and coupons of refunds of any."""
        from apps.campaigns.services.coupons.returning import return_for_refund
        from apps.campaigns.services.engine.payments import CampaignOrders
        from apps.orders.services.owners import on_refunded, register_owner

        register_owner("campaign", CampaignOrders())
        on_refunded(return_for_refund)
