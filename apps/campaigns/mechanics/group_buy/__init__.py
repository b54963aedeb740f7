"""拼 group_buy: buy together; a seat is taken before it is paid, and everybody's own money comes back on failure."""

from apps.campaigns.mechanics.group_buy.mechanic import MECHANIC, GroupBuy
from apps.campaigns.mechanics.group_buy.rules import GroupBuyRules, OnClose

__all__ = ["MECHANIC", "GroupBuy", "GroupBuyRules", "OnClose"]
