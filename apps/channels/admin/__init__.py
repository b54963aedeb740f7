"""Admin of channels and deliveries: one file per page."""

from apps.channels.admin.channel import ChannelAdmin
from apps.channels.admin.delivery import DeliveryAdmin

__all__ = ["ChannelAdmin", "DeliveryAdmin"]
