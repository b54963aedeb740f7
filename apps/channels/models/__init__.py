"""Channels and the delivery outbox."""

from apps.channels.models.channel import Channel
from apps.channels.models.delivery import Attempt, Delivery

__all__ = ["Attempt", "Channel", "Delivery"]
