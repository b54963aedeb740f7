"""送 gift: buy x and send y; each gift has exactly one claimant, or comes back."""

from apps.campaigns.mechanics.gift.mechanic import MECHANIC, Gift
from apps.campaigns.mechanics.gift.rules import GiftRules, OnExpiry

__all__ = ["MECHANIC", "Gift", "GiftRules", "OnExpiry"]
