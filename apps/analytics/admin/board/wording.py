"""How pages say figures: as everything else does."""

from apps.analytics.metrics.wording import NOTHING, say_number
from apps.analytics.selectors.wording import Change, change_of, say, say_interval

__all__ = ["NOTHING", "Change", "change_of", "say", "say_interval", "say_number"]
