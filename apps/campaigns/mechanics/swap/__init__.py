"""换 swap: an idle thing for another, for points, or for both (C8)."""

from apps.campaigns.mechanics.swap.mechanic import Swap

MECHANIC = Swap()
