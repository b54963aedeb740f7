"""砍 bargain: each friend cuts the price, down to a floor that the owner may then pay."""

from apps.campaigns.mechanics.bargain.mechanic import Bargain
from apps.campaigns.mechanics.bargain.rules import BargainRules

MECHANIC = Bargain()

__all__ = ["MECHANIC", "Bargain", "BargainRules"]
